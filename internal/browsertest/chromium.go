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

// candidates are the programs that New looks for when $CHROMIUM names none.
var candidates = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// Find returns the Chromium or Chrome to test with: what the environment variable CHROMIUM names, or else the first
// that is installed of chromium, chromium-browser, google-chrome and google-chrome-stable.
func Find() (path string, err error) {
	return find(os.Getenv, exec.LookPath)
}

func find(getenv func(string) string, lookPath func(string) (string, error)) (string, error) {
	if named := getenv("CHROMIUM"); named != "" {
		path, err := lookPath(named)
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
	return "", errors.New("neither Chromium nor Chrome is installed; $CHROMIUM may name one")
}

// say reaches the person at the terminal too: go test keeps what a passing package prints to itself, and a skip alone
// shows only with -v.
func say(text string) {
	fmt.Fprint(os.Stderr, text)
	if terminal, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		defer terminal.Close()
		fmt.Fprint(terminal, text)
	}
}

// leaveOut ends a test that has no browser. On a developer's machine that is a skip, because the other tests still say
// a lot. Where the environment says CI=true it is a failure, so that nothing is left out unseen.
func leaveOut(t testing.TB, ci string, err error) {
	t.Helper()
	if must, _ := strconv.ParseBool(ci); must {
		t.Fatalf("browser tests must run under CI: %v", err)
	}
	t.Skipf("LEFT OUT: %v", err)
}

// process is the one Chromium that the tests of a package share, because starting it takes over a second. It runs
// while a test uses it. Profiles keep the tests apart.
var process struct {
	sync.Mutex
	users int
	ctx   context.Context
	stop  context.CancelFunc
}

// acquire returns the context of the running process, which is stopped when its last user's test has ended.
func acquire(t testing.TB) context.Context {
	t.Helper()
	path, err := Find()
	if err != nil {
		say(fmt.Sprintf("LEFT OUT: %s: %v\n", t.Name(), err))
		leaveOut(t, os.Getenv("CI"), err)
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

// start runs a headless Chromium with an empty profile in a temporary directory, which is removed when it stops.
// It is given no sandbox when it runs as root, because Chromium then refuses to start with one.
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
		stopProcess() // waits until the directory is gone
	}
	// Not a context with a timeout: the browser would end with it.
	tooLong := time.AfterFunc(Timeout, stopTab)
	defer tooLong.Stop()
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, nil, err
	}
	return ctx, stop, nil
}
