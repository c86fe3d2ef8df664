package redis

import (
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"
)

// The prefixes of the keys. Every key has a time to live, except values without an expiry.
//
//	plusauth:session:KEY   hash: data, created, expiry, labels (a JSON array)
//	plusauth:cutoff:LABEL  hash: at, until; ends the sessions with the label that were created before at
//	plusauth:index:LABEL   sorted set: the keys of the sessions with the label, by the time of creation
//	plusauth:value:KEY     string: a value of LoadOrStore
//
// Two applications on one server each need a database of their own, for example redis://host/1. Redis Cluster is
// not supported because the scripts read keys that are not among their arguments: the cutoffs of a session are
// found by the labels that are read with it.
const (
	keySession = "plusauth:session:"
	keyCutoff  = "plusauth:cutoff:"
	keyIndex   = "plusauth:index:"
	keyValue   = "plusauth:value:"
)

// micros returns the time in microseconds as a string of fixed width. The scripts compare times as strings because
// Lua's numbers cannot hold the microseconds of a time after the year 2255.
func micros(t time.Time) string { return fmt.Sprintf("%019d", max(0, t.UnixMicro())) }

// millis returns the time in milliseconds, as PEXPIREAT takes it.
func millis(t time.Time) int64 { return max(0, t.UnixMilli()) }

const functions = `
-- live returns the labels of a session, or nil if it does not exist, cannot be read, or was ended by EndAll.
local function live(key)
	local created, json = unpack(redis.call('HMGET', key, 'created', 'labels'))
	if not created or not json then return nil end
	local ok, labels = pcall(cjson.decode, json)
	if not ok then return nil end
	for _, label in ipairs(labels) do
		local at = redis.call('HGET', '` + keyCutoff + `' .. label, 'at')
		if at and at > created then return nil end
	end
	return labels
end

-- exists reports whether the hash of a session exists, whether or not it was ended by EndAll.
local function exists(key) return redis.call('EXISTS', '` + keySession + `' .. key) == 1 end

-- keepIndex extends the expiry of the indexes of the labels to that of a session with the labels.
local function keepIndex(labels, millis)
	local seconds, micros = unpack(redis.call('TIME'))
	local now = seconds * 1000 + math.floor(micros / 1000)
	for _, label in ipairs(labels) do
		local index = '` + keyIndex + `' .. label
		local left = redis.call('PTTL', index)
		if left < 0 or now + left < tonumber(millis) then redis.call('PEXPIREAT', index, millis) end
	end
end
`

var (
	scriptFind = redis.NewScript(1, functions+`
local labels = live(KEYS[1])
if not labels then return false end
local session = redis.call('HMGET', KEYS[1], 'data', 'created', 'expiry')
for _, label in ipairs(labels) do table.insert(session, label) end
return session`)

	scriptHasLabel = redis.NewScript(1, `return redis.call('EXISTS', KEYS[1])`)

	scriptCreate = redis.NewScript(1, functions+`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local key, data, created, expiry, millis = unpack(ARGV)
local labels = {unpack(ARGV, 6)}
redis.call('HSET', KEYS[1], 'data', data, 'created', created, 'expiry', expiry, 'labels', cjson.encode(labels))
redis.call('PEXPIREAT', KEYS[1], millis)
for _, label in ipairs(labels) do
	local index = '`+keyIndex+`' .. label
	-- Redis removes an expired session without its entries in the indexes. Removing some of the oldest here keeps the
	-- index of a label that is used for years from growing.
	for _, old in ipairs(redis.call('ZRANGE', index, 0, 9)) do
		if not exists(old) then redis.call('ZREM', index, old) end
	end
	redis.call('ZADD', index, created, key)
end
keepIndex(labels, millis)
return 1`)

	scriptDelete = redis.NewScript(1, `
local json = redis.call('HGET', KEYS[1], 'labels')
local ok, labels = pcall(cjson.decode, json)
if json and ok then
	for _, label in ipairs(labels) do redis.call('ZREM', '`+keyIndex+`' .. label, ARGV[1]) end
end
return redis.call('DEL', KEYS[1])`)

	scriptList = redis.NewScript(1, functions+`
local limit, from, found = tonumber(ARGV[1]), 0, {}
while #found < limit do
	local keys = redis.call('ZREVRANGE', KEYS[1], from, from + 99)
	for _, key in ipairs(keys) do
		local labels = live('`+keySession+`' .. key)
		if labels and #found < limit then
			local data, created, expiry = unpack(
				redis.call('HMGET', '`+keySession+`' .. key, 'data', 'created', 'expiry'))
			table.insert(found, {key, data, created, expiry, labels})
		end
	end
	if #keys < 100 then break end
	from = from + 100
end
return found`)

	scriptUpdate = redis.NewScript(1, functions+`
if not live(KEYS[1]) then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[1])
return 1`)

	scriptTouch = redis.NewScript(1, functions+`
local labels = live(KEYS[1])
if not labels then return 0 end
redis.call('HSET', KEYS[1], 'expiry', ARGV[1])
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
keepIndex(labels, ARGV[2])
return 1`)

	scriptEndAll = redis.NewScript(1, `
local at, lastUntil = unpack(redis.call('HMGET', KEYS[1], 'at', 'until'))
if not at or at < ARGV[1] then redis.call('HSET', KEYS[1], 'at', ARGV[1]) end
if not lastUntil or lastUntil < ARGV[2] then
	redis.call('HSET', KEYS[1], 'until', ARGV[2])
	redis.call('PEXPIREAT', KEYS[1], ARGV[3])
end
return 1`)

	scriptLoadOrStore = redis.NewScript(1, `
local stored = redis.call('GET', KEYS[1])
if stored then return stored end
redis.call('SET', KEYS[1], ARGV[1])
if ARGV[2] ~= '' then redis.call('PEXPIREAT', KEYS[1], ARGV[2]) end
return false`)

	scriptCompareAndDelete = redis.NewScript(1, `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`)
)
