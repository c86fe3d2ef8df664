package telemetry

import (
	"context"
	"errors"
	"time"

	"github.com/plusauth/plusauth-go-starter/auth"
)

// Store returns a store that counts the calls of s, with their durations and errors. It returns s itself if m is nil.
func (m *Metrics) Store(s auth.Store) auth.Store {
	if m == nil {
		return s
	}
	return &store{s, m}
}

type store struct {
	auth.Store
	metrics *Metrics
}

// done counts a call. A context that has ended says nothing about the store.
func (s *store) done(operation string, start time.Time, err error) {
	s.metrics.observe("app_store_operation_duration_seconds", time.Since(start), "operation", operation)
	if err != nil && !errors.Is(err, context.Canceled) {
		s.metrics.count("app_store_errors_total", "operation", operation)
	}
}

func (s *store) Find(ctx context.Context, key string) (auth.Entry, bool, error) {
	start := time.Now()
	e, ok, err := s.Store.Find(ctx, key)
	s.done("find", start, err)
	return e, ok, err
}

func (s *store) Create(ctx context.Context, key string, e auth.Entry) error {
	start := time.Now()
	err := s.Store.Create(ctx, key, e)
	s.done("create", start, err)
	return err
}

func (s *store) Update(ctx context.Context, key string, data []byte) (bool, error) {
	start := time.Now()
	ok, err := s.Store.Update(ctx, key, data)
	s.done("update", start, err)
	return ok, err
}

func (s *store) Touch(ctx context.Context, key string, expiry time.Time) error {
	start := time.Now()
	err := s.Store.Touch(ctx, key, expiry)
	s.done("touch", start, err)
	return err
}

func (s *store) Delete(ctx context.Context, key string) error {
	start := time.Now()
	err := s.Store.Delete(ctx, key)
	s.done("delete", start, err)
	return err
}

func (s *store) EndAll(ctx context.Context, label string, at, until time.Time) error {
	start := time.Now()
	err := s.Store.EndAll(ctx, label, at, until)
	s.done("end_all", start, err)
	return err
}

func (s *store) HasLabel(ctx context.Context, label string) (bool, error) {
	start := time.Now()
	ok, err := s.Store.HasLabel(ctx, label)
	s.done("has_label", start, err)
	return ok, err
}

func (s *store) List(ctx context.Context, label string, limit int) ([]auth.KeyedEntry, error) {
	start := time.Now()
	entries, err := s.Store.List(ctx, label, limit)
	s.done("list", start, err)
	return entries, err
}

func (s *store) LoadOrStore(
	ctx context.Context, key string, value []byte, until time.Time,
) (actual []byte, loaded bool, err error) {
	start := time.Now()
	actual, loaded, err = s.Store.LoadOrStore(ctx, key, value, until)
	s.done("load_or_store", start, err)
	return actual, loaded, err
}

func (s *store) CompareAndDelete(ctx context.Context, key string, value []byte) error {
	start := time.Now()
	err := s.Store.CompareAndDelete(ctx, key, value)
	s.done("compare_and_delete", start, err)
	return err
}

func (s *store) Ping(ctx context.Context) error {
	start := time.Now()
	err := s.Store.Ping(ctx)
	s.done("ping", start, err)
	return err
}
