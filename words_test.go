package main

// The words of the app's pages that tests of this package click and expect.
const (
	textLogin       = "Login"
	textLogout      = "Logout"
	textRegister    = "Login/Register »"
	textLoggedInAs  = "Logged in as: "
	textHelloWorld  = "Hello, world!"
	textViewProfile = "View Profile »"
	textUserObject  = "User object:"
	textRefresh     = "Refresh"
	textStay        = "Stay signed in"
	textTryAgain    = "Try again"
)

// textWelcome is the heading of the profile.
func textWelcome(name string) string { return "Welcome " + name + "!" }
