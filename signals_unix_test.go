//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestHangUpStopsTheProgram sends SIGHUP, as a terminal does that is closed.
func TestHangUpStopsTheProgram(t *testing.T) {
	t.Parallel()
	app, cmd := child(t, t.TempDir(), nil, "PORT=0", "SESSION_STORE=memory:", "DEV_PROVIDER_URL=http://127.0.0.1:0")
	app.out.wait(t, urlMessage)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := app.stop(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

// TestLogWithoutReader closes the pipe into which the program logs. It serves on.
func TestLogWithoutReader(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), writer, writer
	cmd.Env = []string{
		childVariable + "=1", "PORT=0", "SESSION_STORE=memory:", "DEV_PROVIDER_URL=http://127.0.0.1:0",
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	address := ""
	for lines := bufio.NewScanner(reader); address == "" && lines.Scan(); {
		if m := urlMessage.FindStringSubmatch(lines.Text()); m != nil {
			address = strings.Replace(m[1], "localhost", "127.0.0.1", 1)
		}
	}
	reader.Close()
	for range 3 { // each logs a line
		resp, err := http.Get(address + "/nowhere")
		if err != nil {
			t.Fatalf("the program does not serve any longer: %v", err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}
