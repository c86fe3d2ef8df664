package gallery

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// zeroValues returns every component with the zero value of its props, by the name of its files.
func zeroValues() map[string]templ.Component {
	return map[string]templ.Component{
		"dialog":         views.Dialog(views.DialogProps{}),
		"menu":           views.Menu(views.MenuProps{}),
		"user-menu":      views.UserMenu(views.UserMenuProps{}),
		"table":          views.Table(views.TableProps{}),
		"pagination":     views.Pagination(views.PaginationProps{}),
		"empty":          views.Empty(views.EmptyProps{}),
		"select":         views.Select(views.SelectProps{}),
		"checkbox":       views.Checkbox(views.CheckboxProps{}),
		"account-card":   views.AccountCard(views.AccountCardProps{}),
		"breadcrumb":     views.Breadcrumb(views.BreadcrumbProps{}),
		"check-list":     views.CheckList(views.CheckListProps{}),
		"consent":        views.Consent(views.ConsentProps{}),
		"guard":          views.Guard(views.GuardProps{}),
		"progress":       views.Progress(views.ProgressProps{}),
		"radio-group":    views.RadioGroup(views.RadioGroupProps{}),
		"sign-in-button": views.SignInButton(views.SignInButtonProps{}),
		"spinner":        views.Spinner(views.SpinnerProps{}),
		"stack":          views.Stack(views.StackProps{}),
		"alert":          views.Alert(views.AlertProps{}),
		"avatar":         views.Avatar(views.AvatarProps{}),
		"copy-line":      views.CopyLine(views.CopyLineProps{}),
		"persona-picker": views.PersonaPicker(views.PersonaPickerProps{}),
		"flash":          views.Flash(views.FlashProps{}),
		"session-list":   views.SessionList(views.SessionListProps{}),
		"sign-in-prompt": views.SignInPrompt(views.SignInPromptProps{}),
		"text-field":     views.TextField(views.TextFieldProps{}),
		"form-error":     views.FormError(views.FormErrorProps{}),
		"tabs":           views.Tabs(views.TabsProps{}),
		"theme-switch":   views.ThemeSwitch(views.ThemeSwitchProps{}),
		"badge":          views.Badge(views.BadgeProps{}),
		"btn":            views.Button(views.ButtonProps{}),
		"card":           views.Card(views.CardProps{}),
		"facts":          views.Facts(views.FactsProps{}),
		"flow-picture":   views.FlowPicture(views.FlowPictureProps{}),
		"jumbotron":      views.Jumbotron(views.JumbotronProps{}),
		"layout":         views.Layout(views.LayoutProps{}),
		"login-state":    views.LoginState(views.LoginStateProps{}),
		"navbar":         views.Navbar(views.NavbarProps{}),
		"notice":         views.Notice(views.NoticeProps{}),
		"profile-card":   views.ProfileCard(views.ProfileCardProps{}),
	}
}

// renderAll returns the HTML of the component in every state of the gallery, by ID, and of its zero value.
func renderAll(t *testing.T, c component) map[string]string {
	t.Helper()
	all := map[string]string{c.File + "-zero": html(t, zeroValues()[c.File])}
	for i, example := range c.Examples {
		id := exampleID(c, i, "light")
		all[id] = html(t, example.Draw(id))
	}
	return all
}

// stylesheet returns the source of a component's stylesheet, or "" if it has none.
func stylesheet(component string) string {
	css, err := os.ReadFile("../../assets/css/" + component + ".css")
	if err != nil {
		return ""
	}
	return string(css)
}

// TestComponentsAreIndependent checks that a component can be copied alone: it uses no other component, and the names
// that it declares begin with its own. TestCopying builds each one alone.
func TestComponentsAreIndependent(t *testing.T) {
	t.Parallel()
	comment := regexp.MustCompile(`(?m)(^|\s)//.*$`)
	for _, c := range components {
		code := comment.ReplaceAllString(c.source(), "")
		for _, call := range regexp.MustCompile(`@([A-Z]\w*)\(`).FindAllStringSubmatch(code, -1) {
			t.Errorf("%s.templ uses the component %s", c.File, call[1])
		}
		prefix := strings.ToLower(c.name()[:1]) + c.name()[1:]
		for _, name := range regexp.MustCompile(`(?m)^(?:func|const|var|templ) (\w+)`).FindAllStringSubmatch(code, -1) {
			if name[1] != c.name() && !strings.HasPrefix(name[1], prefix) {
				t.Errorf("%s.templ declares %s, which does not begin with %s", c.File, name[1], prefix)
			}
		}
	}
}

// TestEveryComponentIsInTheGallery checks that every template but the pages is in the gallery, with a stylesheet and a
// zero value to test.
func TestEveryComponentIsInTheGallery(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(views.Sources, "*.templ")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, file := range files {
		if name := strings.TrimSuffix(file, ".templ"); !strings.HasPrefix(name, "page") {
			want = append(want, name)
		}
	}
	if got := slices.Sorted(slices.Values(Components())); !slices.Equal(got, want) {
		t.Errorf("got the components %q, want %q", got, want)
	}
	if got := slices.Sorted(maps.Keys(zeroValues())); !slices.Equal(got, want) {
		t.Errorf("got the zero values of %q, want %q", got, want)
	}
	for _, name := range want {
		if stylesheet(name) == "" {
			t.Errorf("%s has no stylesheet", name)
		}
	}
}

// TestComponentsAreDocumented checks the doc comment of every component, from which the gallery takes its description.
func TestComponentsAreDocumented(t *testing.T) {
	t.Parallel()
	for _, c := range components {
		name, about := c.document().Name, c.document().About
		if !strings.Contains(c.source(), "\n// "+name+" ") || !strings.HasSuffix(about, ".") {
			t.Errorf("%s: the doc comment of %s is %q", c.File, name, about)
		}
		if !regexp.MustCompile(`^[A-Z]`).MatchString(about) || strings.HasPrefix(about, name) {
			t.Errorf("%s: the description is %q", c.File, about)
		}
		if !strings.Contains(c.source(), "//\t@"+name+"(") {
			t.Errorf("the doc comment of %s has no example", name)
		}
		props := regexp.MustCompile(`(?m)^// ` + name + `Props .*\n(?:// .*\n)*type ` + name + `Props struct`)
		if !props.MatchString(c.source()) {
			t.Errorf("%sProps has no doc comment in %s.templ", name, c.File)
		}
	}
}

// TestComponentsHaveOneRoot checks that a component has one root element, with the file's name as a class. The
// selectors of its stylesheet begin with that class.
func TestComponentsHaveOneRoot(t *testing.T) {
	t.Parallel()
	for _, c := range components {
		root := regexp.MustCompile(`^<\w+ class="(?:[\w -]* )?` + c.File + `(?: [\w -]*)?"`)
		for id, got := range renderAll(t, c) {
			if got == "" && slices.Contains([]string{"breadcrumb", "check-list", "guard"}, c.File) { // nothing to show
				continue
			}
			got = strings.TrimPrefix(got, "<!doctype html>")
			if form := `<form action="/components/` + c.File + `">`; strings.HasPrefix(got, form) {
				got = strings.TrimSuffix(strings.TrimPrefix(got, form), `</form>`)
			}
			lines := strings.Split(strings.TrimSpace(format(got)), "\n")
			if !root.MatchString(lines[0]) {
				t.Errorf("%s: the root is %s", id, lines[0])
			}
			for _, line := range lines[1 : len(lines)-1] {
				if !strings.HasPrefix(line, "\t") {
					t.Errorf("%s: a second root is %s", id, line)
				}
			}
		}
	}
}

// TestClassNames checks that a component's classes are Bootstrap's or begin with its own name.
func TestClassNames(t *testing.T) {
	t.Parallel()
	withAvatar := []string{"account-card", "persona-picker", "user-menu"}
	bootstrap := regexp.MustCompile(`^(container|navbar|navbar-(expand|nav|brand)|nav-(item|link)|` +
		`card|card-(body|title|head|footer)|` +
		`btn(-[a-z-]+)?|alert(-[a-z]+)?|form-(control|label)|badge|text-bg-[a-z]+|lead)$`)
	for _, c := range components {
		for id, got := range renderAll(t, c) {
			for _, attr := range regexp.MustCompile(`\sclass="([^"]*)"`).FindAllStringSubmatch(got, -1) {
				for _, class := range strings.Fields(attr[1]) {
					// htmx sets the class htmx-request during a request.
					own := strings.HasPrefix(class, c.File) || class == "htmx-request"
					child := c.File == "navbar" && strings.HasPrefix(class, "login-state") ||
						slices.Contains(withAvatar, c.File) && strings.HasPrefix(class, "avatar")
					if !own && !child && !bootstrap.MatchString(class) {
						t.Errorf("%s has the class %s", id, class)
					}
				}
			}
		}
	}
}
