package handlers

import (
	"strconv"
	"testing"
)

func TestFlowStoreIsBounded(t *testing.T) {
	t.Parallel()
	s := newFlowStore()
	key := func(i int) flowKey { return flowKey{session: strconv.Itoa(i)} }
	for i := range maxFlowKeys + 2 {
		s.put(key(i), &flow{Kind: flowSignIn})
		s.put(key(i), &flow{Kind: flowRefresh})
	}
	if len(s.flows) != maxFlowKeys || len(s.keys) != maxFlowKeys {
		t.Errorf("%d keys have flows and %d are in order, want %d", len(s.flows), len(s.keys), maxFlowKeys)
	}
	if s.get(key(1), flowSignIn) != nil || s.get(key(2), flowSignIn) == nil || s.get(key(2), flowRefresh) == nil {
		t.Error("other flows than the oldest were dropped")
	}
	browser := flowKey{browser: "b"}
	s.put(browser, &flow{Kind: flowSignOut})
	s.put(browser, &flow{Kind: flowSignIn, Failed: true})
	if s.get(browser, flowSignOut) != nil || s.get(browser, flowSignIn) == nil {
		t.Error("a browser has other flows than its last one")
	}
}
