package main

import (
	"bytes"
	"io"
	"sync/atomic"
	"time"
)

// maxLogLines is how many lines wait to be written. A line has a few hundred bytes.
const maxLogLines = 2000

// logQueue writes lines in the background, so that no page waits for a program that reads the log and is stuck. Lines
// for which there is no room are dropped and counted.
type logQueue struct {
	out     io.Writer
	lines   chan logLine
	closed  chan struct{}
	dropped atomic.Int64
	report  func(dropped int64) // called when lines can be written again; it writes to out
}

// logLine is a line, or a channel to close when all lines before it have been written.
type logLine struct {
	text    []byte
	written chan struct{}
}

func newLogQueue(out io.Writer, report func(dropped int64)) *logQueue {
	q := &logQueue{out: out, lines: make(chan logLine, maxLogLines), closed: make(chan struct{}), report: report}
	go q.run()
	return q
}

// Write never waits and never fails.
func (q *logQueue) Write(line []byte) (int, error) {
	select {
	case q.lines <- logLine{text: bytes.Clone(line)}:
	default:
		q.dropped.Add(1)
	}
	return len(line), nil
}

func (q *logQueue) run() {
	for {
		select {
		case line := <-q.lines:
			if line.written != nil {
				close(line.written)
				continue
			}
			q.out.Write(line.text)
			if n := q.dropped.Swap(0); n > 0 {
				q.report(n)
			}
		case <-q.closed:
			return
		}
	}
}

// close waits until the lines so far have been written, but not longer than the time limit. Later lines are lost.
func (q *logQueue) close(limit time.Duration) {
	defer close(q.closed)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	written := make(chan struct{})
	select {
	case q.lines <- logLine{written: written}:
	case <-timer.C:
		return
	}
	select {
	case <-written:
	case <-timer.C:
	}
}
