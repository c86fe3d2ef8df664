package store

import (
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"
)

// The keys. Redis removes each by itself when its time has come.
//
//	plusauth:session:KEY   hash of data, began, expiry, labels
//	plusauth:mark:LABEL    at and until
//	plusauth:label:LABEL   until when a session with the label may live
//	plusauth:value:KEY     the value
//
// Two applications on one server need a database each (redis://host/1). The marks of a session are
// found by the labels that are read with it, so the scripts touch keys that are not among their
// arguments: Redis Cluster, which would spread them over its nodes, is not supported. A server that
// is let to throw keys away when memory is short (maxmemory-policy) ends sessions when it does,
// and may forget marks: noeviction is the policy to choose.
const (
	keySession = "plusauth:session:"
	keyMark    = "plusauth:mark:"
	keyLabel   = "plusauth:label:"
	keyValue   = "plusauth:value:"
)

// redisMicros writes a time so that the scripts can compare it as a string: Lua's numbers do not
// hold the microseconds of a far future.
func redisMicros(t time.Time) string { return fmt.Sprintf("%019d", max(0, t.UnixMicro())) }

func redisMillis(t time.Time) int64 { return max(0, t.UnixMilli()) }

const lua = `
-- each calls f with every label of a packed list (layout.go).
local function each(packed, f)
	local i = 1
	while i < #packed do
		local n = packed:byte(i) * 256 + packed:byte(i + 1)
		f(packed:sub(i + 2, i + 1 + n))
		i = i + 2 + n
	end
end

-- live returns the labels of a session, or nil when it is not there or was ended by a mark.
local function live(key)
	local began, packed = unpack(redis.call('HMGET', key, 'began', 'labels'))
	if not began or not packed then return nil end
	local ended = false
	each(packed, function(label)
		local mark = redis.call('GET', '` + keyMark + `' .. label)
		if mark and mark:sub(1, 19) > began then ended = true end
	end)
	if ended then return nil end
	return packed
end

-- know notes until when a session with these labels may live.
local function know(packed, micros, millis)
	each(packed, function(label)
		local key = '` + keyLabel + `' .. label
		local old = redis.call('GET', key)
		if not old or old < micros then
			redis.call('SET', key, micros)
			redis.call('PEXPIREAT', key, millis)
		end
	end)
end
`

var (
	scriptFind = redis.NewScript(1, lua+`
if not live(KEYS[1]) then return false end
return redis.call('HMGET', KEYS[1], 'data', 'began', 'expiry', 'labels')`)

	scriptCreate = redis.NewScript(1, lua+`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local data, began, expiry, millis, packed = unpack(ARGV)
redis.call('HSET', KEYS[1], 'data', data, 'began', began, 'expiry', expiry, 'labels', packed)
redis.call('PEXPIREAT', KEYS[1], millis)
know(packed, expiry, millis)
return 1`)

	scriptUpdate = redis.NewScript(1, lua+`
if not live(KEYS[1]) then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[1])
return 1`)

	scriptTouch = redis.NewScript(1, lua+`
local packed = live(KEYS[1])
if not packed then return 0 end
redis.call('HSET', KEYS[1], 'expiry', ARGV[1])
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
know(packed, ARGV[1], ARGV[2])
return 1`)

	scriptMark = redis.NewScript(1, `
local at, untl, millis = unpack(ARGV)
local old = redis.call('GET', KEYS[1])
if old and old:sub(1, 19) > at then at = old:sub(1, 19) end
if old and old:sub(20) >= untl then
	redis.call('SET', KEYS[1], at .. old:sub(20), 'KEEPTTL')
else
	redis.call('SET', KEYS[1], at .. untl)
	redis.call('PEXPIREAT', KEYS[1], millis)
end
return 1`)

	scriptLoadOrStore = redis.NewScript(1, `
local old = redis.call('GET', KEYS[1])
if old then return old end
redis.call('SET', KEYS[1], ARGV[1])
if ARGV[2] ~= '' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
return false`)

	scriptForget = redis.NewScript(1, `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`)
)
