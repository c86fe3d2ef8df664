package gallery

import (
	"github.com/a-h/templ"

	"github.com/plusauth/plusauth-go-starter/views"
)

// textFieldExamples shows a text field in its states.
var textFieldExamples = component{File: "text-field", Group: "Forms", Examples: []example{
	{State: "With a hint", Draw: textField(views.TextFieldProps{
		Label: "Email", Name: "email", Type: "email", Autocomplete: "email", Required: true,
		Hint: "We send a link to this address.",
	})},
	{State: "Error", Draw: textField(views.TextFieldProps{
		Label: "Email", Name: "email", Type: "email", Required: true, Value: "ada@",
		Hint: "We send a link to this address.", Error: "Enter an email address like ada@example.com.",
	})},
	{State: "Password", Draw: textField(views.TextFieldProps{
		Label: "Password", Name: "password", Type: "password", Autocomplete: "new-password", Required: true,
		Hint: "At least 8 characters.",
	})},
	{State: "Several lines", Draw: textField(views.TextFieldProps{Label: "Note", Name: "note", Multiline: true})},
	{State: "Disabled", Draw: textField(views.TextFieldProps{
		Label: "Username", Name: "username", Value: "ada", Disabled: true,
	})},
	{State: "Right to left", Draw: textField(views.TextFieldProps{Label: arabicName, Name: "name", Value: arabicName})},
	{State: "Long and hostile", Draw: textField(views.TextFieldProps{
		Label: longName, Name: "long", Value: `"><script>alert(1)</script>`, Hint: longURL, Error: longURL,
	})},
	{State: "Zero value", Draw: textField(views.TextFieldProps{})},
}}

// formErrorExamples shows the summary of a form's mistakes in its states.
var formErrorExamples = component{
	File: "form-error", Group: "Forms", Needs: "Links to the fields of a form, for example to a TextField.",
	Examples: []example{
		{State: "Two mistakes", Inert: true, Draw: draw(views.FormError, views.FormErrorProps{Errors: []views.FormErrorField{
			{FieldID: "main", Text: "Enter an email address like ada@example.com."},
			{FieldID: "main", Text: "Use 8 characters or more."},
		}})},
		{State: "Long", Inert: true, Draw: draw(views.FormError, views.FormErrorProps{
			Title: longName, Errors: []views.FormErrorField{{FieldID: "main", Text: longURL}},
		})},
		{State: "No mistakes", Draw: draw(views.FormError, views.FormErrorProps{})},
	}}

var selectExamples = component{File: "select", Group: "Forms", Examples: []example{
	{State: "With a hint", Draw: selectField(views.SelectProps{
		Label: "Language", Name: "lang", Hint: "The app speaks it from now on.", Options: languages,
	})},
	{State: "Error", Draw: selectField(views.SelectProps{
		Label: "Country", Name: "country", Required: true, Error: "Choose a country.",
		Options: []views.SelectOption{{Text: "Choose"}, {Text: "Norway", Value: "no"}},
	})},
	{State: "Disabled", Draw: selectField(views.SelectProps{Label: "Language", Disabled: true, Options: languages})},
	{State: "Long and hostile", Draw: selectField(views.SelectProps{
		Label: longName, Hint: longURL, Error: `"><script>alert(1)</script>`,
		Options: []views.SelectOption{{Text: longURL, Value: `"><script>`}},
	})},
	{State: "Zero value", Draw: selectField(views.SelectProps{})},
}}

var languages = []views.SelectOption{
	{Text: "English", Value: "en", Selected: true}, {Text: "العربية", Value: "ar"}, {Text: "Klingon", Disabled: true},
}

var checkboxExamples = component{File: "checkbox", Group: "Forms", Examples: []example{
	{State: "Checked", Draw: checkbox(views.CheckboxProps{Label: "Send me a copy", Name: "copy", Checked: true})},
	{State: "Switch", Draw: checkbox(views.CheckboxProps{
		Label: "Dark pages", Name: "dark", Switch: true, Checked: true, Hint: "This has an effect at once.",
	})},
	{State: "Switched off", Draw: checkbox(views.CheckboxProps{Label: "Dark pages", Name: "off", Switch: true})},
	{State: "Radio", Draw: checkbox(views.CheckboxProps{Label: "By email", Name: "by", Value: "email", Radio: true})},
	{State: "Error", Draw: checkbox(views.CheckboxProps{
		Label: "I have read the terms", Name: "terms", Required: true, Error: "Accept the terms to go on.",
	})},
	{State: "Disabled", Draw: checkbox(views.CheckboxProps{Label: "Not here", Name: "no", Disabled: true})},
	{State: "Right to left", Draw: checkbox(views.CheckboxProps{Label: arabicName, Name: "rtl"})},
	{State: "Long and hostile", Draw: checkbox(views.CheckboxProps{
		Label: longName, Name: "long", Hint: longURL, Error: `"><script>alert(1)</script>`,
	})},
	{State: "Zero value", Draw: checkbox(views.CheckboxProps{})},
}}

func selectField(p views.SelectProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return views.Select(p)
	}
}

func checkbox(p views.CheckboxProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return views.Checkbox(p)
	}
}

func textField(p views.TextFieldProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID = id
		return with(form("/components/text-field"), views.TextField(p))
	}
}

var radioGroupExamples = component{File: "radio-group", Group: "Forms", Examples: []example{
	{State: "With hints", Draw: radioGroup(views.RadioGroupProps{
		Label: "Plan", Value: "pro", Required: true, Hint: "You can change it at any time.", Options: plans,
	})},
	{State: "Error", Draw: radioGroup(views.RadioGroupProps{
		Label: "Plan", Required: true, Options: plans, Error: "Choose a plan.",
	})},
	{State: "Disabled", Draw: radioGroup(views.RadioGroupProps{
		Label: "Plan", Value: "free", Disabled: true, Options: plans,
	})},
	{State: "Right to left", Draw: radioGroup(views.RadioGroupProps{
		Label: arabicName, Options: []views.RadioOption{{Text: arabicName, Value: "1", Hint: arabicName}},
	})},
	{State: "Long and hostile", Draw: radioGroup(views.RadioGroupProps{
		Label: longName, Hint: longURL, Error: `"><script>alert(1)</script>`,
		Options: []views.RadioOption{{Text: longURL, Value: `"><script>`, Hint: longName}},
	})},
	{State: "Zero value", Draw: radioGroup(views.RadioGroupProps{})},
}}

var plans = []views.RadioOption{
	{Text: "Free", Value: "free"}, {Text: "Pro", Value: "pro", Hint: "€ 12 a month"},
	{Text: "Enterprise", Value: "enterprise", Hint: "Write to us.", Disabled: true},
}

func radioGroup(p views.RadioGroupProps) func(string) templ.Component {
	return func(id string) templ.Component {
		p := p
		p.ID, p.Name = id, id
		return views.RadioGroup(p)
	}
}
