package handlers_test

// The words of the app's pages and log that tests of this package expect. Where words do not matter, a test looks for
// an ID, a role, a class, a status or a code instead.
const (
	textBrand        = "Plusauth Starter"
	textSkip         = "Skip to content"
	textLogin        = "Login"
	textLogout       = "Logout"
	textRegister     = "Login/Register »"
	textLoggedInAs   = "Logged in as: "
	textComponents   = "Components"
	textHelloWorld   = "Hello, world!"
	textRefresh      = "Refresh"
	textTokenDetails = "Token details"
	textCopy         = "Copy"
	textUserObject   = "User object:"

	// Why a refresh failed.
	textNoAnswer    = "did not answer"
	textFailedCheck = "a security check"

	// Titles of errors.
	textUnavailable    = "We can't reach the sign-in service"
	textLoop           = "Your sign-in does not last"
	textNotFound       = "Page not found"
	textInvalidMethod  = "This address can't be used like that"
	textCrossSite      = "We blocked a request from another site"
	textServerError    = "Something went wrong on our side"
	textOtherIssuer    = "This sign-in link is for another service"
	textUnknownLogin   = "This sign-in has expired"
	textNoCookies      = "Your browser did not keep this sign-in"
	textFormPost       = "This app can't read the answer of PROVIDER"
	textNotSignedIn    = "You were not signed in"
	textMisconfigured  = "This app can't sign anyone in yet"
	textExpiredCode    = "The sign-in took too long"
	textRefused        = "PROVIDER did not sign you in" // PROVIDER stands for the provider's host
	textSessionEnded   = "Your session has ended"
	textNeedsSignIn    = "Please sign in again"
	textUnknownIssuer  = "Unknown issuer."
	logRequestFailed   = "request failed"
	logRequestFinished = "request"
)

// textHello is the heading of the home page, textWelcome that of the profile.
func textHello(name string) string    { return "Hello, " + name + "!" }
func textWelcome(email string) string { return "Welcome " + email + "!" }
