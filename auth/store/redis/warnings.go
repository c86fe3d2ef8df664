package redis

import (
	"context"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// Warnings returns what in the configuration of the server can lose sessions or bring an ended one back, in sentences
// for the log. The error says that the server does not tell, which some hosts forbid.
func (s *Store) Warnings(ctx context.Context) (warnings []string, err error) {
	info, err := redis.String(s.do(ctx, "INFO"))
	if err != nil {
		return nil, err
	}
	settings := make(map[string]string)
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		settings[name] = value
	}
	if settings["aof_enabled"] == "0" {
		warnings = append(warnings, "Redis has appendonly off, so that a crash forgets the last minutes: people are signed "+
			"out, and sessions that were ended come back. Set appendonly yes and appendfsync always.")
	}
	if policy := settings["maxmemory_policy"]; settings["maxmemory"] != "0" && policy != "" && policy != "noeviction" {
		warnings = append(warnings, "Redis has the maxmemory-policy "+policy+", so that it forgets sessions, and logouts "+
			"too, when its memory is full. Set maxmemory-policy noeviction.")
	}
	return warnings, nil
}
