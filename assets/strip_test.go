package assets

import "testing"

func TestStripJS(t *testing.T) {
	t.Parallel()
	src := "// About.\n\n\tconst a = \"// not a comment\"; // kept\n\t\t// gone\n  b();"
	want := "const a = \"// not a comment\"; // kept\nb();\n"
	if got := stripJS(src); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStripCSS(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, want string }{
		{"comments and indentation go", "/* a */\n.a {\n\tcolor: red; /* b\n\tc */\n}\n", ".a {\ncolor: red;\n}\n"},
		{"the rest of a line with a comment stays", "a{}/**/b{}", "a{}b{}\n"},
		{"a comment in a string stays", `a{content:"/* x */"}b{content:'/*'}`, `a{content:"/* x */"}b{content:'/*'}` + "\n"},
		{"an escaped quote does not end a string", `a{content:"\"/*x*/"}`, `a{content:"\"/*x*/"}` + "\n"},
		{"stars do not confuse", "/***/a{}/*/ x */", "a{}\n"},
		{"an open comment reaches to the end", "a{}/* x", "a{}\n"},
		{"a lone backslash at the end", `a{content:"\`, `a{content:"\` + "\n"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := stripCSS(tt.src); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
