package gallery

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden compares the markup of every component in every state with testdata. Words are left out, so that a change
// of wording does not change the golden files.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, c := range components {
		t.Run(c.File, func(t *testing.T) {
			t.Parallel()
			all := renderAll(t, c)
			var got strings.Builder
			for _, id := range slices.Sorted(maps.Keys(all)) {
				got.WriteString("<!-- " + id + " -->\n" + format(withoutWords(all[id])))
			}
			checkGolden(t, filepath.Join("testdata", c.File+".html"), got.String())
		})
	}
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if g, w := line(gotLines, i), line(wantLines, i); g != w {
			t.Fatalf("%s, line %d:\n got %s\nwant %s\nTo accept the change, run: go test ./views/gallery -update",
				file, i+1, g, w)
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}
