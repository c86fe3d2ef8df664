package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// candidates are the programs that Find looks for if $CHROMIUM is not set.
var candidates = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// Find returns the path of the browser. This is the program in the environment variable CHROMIUM or, if that is not
// set, the first one installed of chromium, chromium-browser, google-chrome and google-chrome-stable.
func Find() (path string, err error) {
	return find(os.Getenv, exec.LookPath)
}

func find(getenv func(string) string, lookPath func(string) (string, error)) (string, error) {
	if name := getenv("CHROMIUM"); name != "" {
		path, err := lookPath(name)
		if err != nil {
			return "", fmt.Errorf("$CHROMIUM: %w", err)
		}
		return path, nil
	}
	for _, name := range candidates {
		if path, err := lookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("neither Chromium nor Chrome is installed; set $CHROMIUM to use another program")
}

// announce prints to standard error and to the terminal, because go test hides the output of a package that passes.
func announce(text string) {
	fmt.Fprint(os.Stderr, text)
	if terminal, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		defer terminal.Close()
		fmt.Fprint(terminal, text)
	}
}

// skip ends a test that needs a browser, because of err. It skips the test, or fails it if ci is true.
func skip(t testing.TB, ci string, err error) {
	t.Helper()
	if required, _ := strconv.ParseBool(ci); required {
		t.Fatalf("CI requires the browser tests: %v", err)
	}
	t.Skipf("SKIPPED: %v", err)
}

// process is the Chromium that the tests of a package share, because starting it takes more than a second. It runs
// while a test uses it.
var process struct {
	sync.Mutex
	users int
	ctx   context.Context
	stop  context.CancelFunc
}

// acquire returns the context of the running process. The process is stopped when the last test that uses it ends.
func acquire(t testing.TB) context.Context {
	t.Helper()
	path, err := Find()
	if err != nil {
		announce(fmt.Sprintf("SKIPPED: %s: %v\n", t.Name(), err))
		skip(t, os.Getenv("CI"), err)
	}
	process.Lock()
	defer process.Unlock()
	if process.users == 0 {
		ctx, stop, err := start(path)
		if err != nil {
			t.Fatalf("start %s: %v", path, err)
		}
		process.ctx, process.stop = ctx, stop
	}
	process.users++
	t.Cleanup(func() {
		process.Lock()
		defer process.Unlock()
		if process.users--; process.users == 0 {
			process.stop()
		}
	})
	return process.ctx
}

// start runs a headless Chromium with an empty profile in a temporary directory, which stop removes. As root it runs
// without a sandbox, because Chromium refuses to start with one.
func start(path string) (context.Context, context.CancelFunc, error) {
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-sandbox", os.Getuid() == 0),
	)
	alloc, stopProcess := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, stopTab := chromedp.NewContext(alloc)
	stop := func() {
		stopTab()
		stopProcess() // waits until the directory is removed
	}
	// A context with a timeout would end the browser later.
	timeout := time.AfterFunc(Timeout, stopTab)
	defer timeout.Stop()
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, nil, err
	}
	return ctx, stop, nil
}
