/**
 * Writes one batch. A batch has a number, which grows with each batch of a writer; one that was applied before is left
 * out, so sending it again adds nothing. A series is refused as a whole, before anything of it is written, when one of its
 * keys is of another type; all of them are when that key is the list of metrics. Such a key has somebody else's data, and
 * is left alone.
 *
 * - KEYS[1]: the writer's last number, and what was refused. KEYS[2…]: whatever the operations name.
 * - ARGV[1]: the batch's number. ARGV[2]: for how many seconds it is remembered.
 * - After that, operations of five: verb, owner, index of the key, field, value. Verbs: `count` adds, `last` keeps the
 *   latest of "millis value", `merge` merges distributions, `seen` puts a member into an index, `forget` takes the old
 *   ones out of it, `newest` leaves only so many of the latest in it, `least` keeps the smallest number, `expire` sets when
 *   a key ends. The owner is the number of the series that fails with the operation (the events of a batch have the number
 *   after the last one), `*` for all of them, or `-` for none.
 *
 * Returns a list: 1 for a batch that was applied before and otherwise 0, how many operations were refused, why the first
 * of them was, and the numbers of the series that were refused, 0 for all.
 */
export const WRITE_SCRIPT = `
local function parse(text)
  local words = {}
  for word in string.gmatch(text, '%S+') do words[#words + 1] = word end
  local function half(buckets)
    local counts = {}
    for index, count in string.gmatch(buckets, '(-?%d+):(%d+)') do counts[tonumber(index)] = tonumber(count) end
    return counts
  end
  return {
    count = tonumber(words[1]), sum = tonumber(words[2]), min = tonumber(words[3]), max = tonumber(words[4]),
    zeros = tonumber(words[5]), scale = tonumber(words[6]), positive = half(words[7]), negative = half(words[8]),
  }
end

local function coarser(counts)
  local joined = {}
  for index, count in pairs(counts) do
    local target = math.floor(index / 2)
    joined[target] = (joined[target] or 0) + count
  end
  return joined
end

local function lower(histogram)
  histogram.scale = histogram.scale - 1
  histogram.positive = coarser(histogram.positive)
  histogram.negative = coarser(histogram.negative)
end

local function width(counts)
  local lowest, highest
  for index in pairs(counts) do
    lowest = math.min(lowest or index, index)
    highest = math.max(highest or index, index)
  end
  return lowest and highest - lowest + 1 or 0
end

local function add(target, counts)
  for index, count in pairs(counts) do target[index] = (target[index] or 0) + count end
end

local function known(merge, first, second)
  if first and second then return merge(first, second) end
end

local function text(number)
  return number and string.format('%.17g', number) or '-'
end

local function halfText(counts)
  local words = {}
  for index, count in pairs(counts) do words[#words + 1] = string.format('%d:%.0f', index, count) end
  return #words > 0 and table.concat(words, ',') or '-'
end

local function merge(firstText, secondText, maxBuckets)
  local first, second = parse(firstText), parse(secondText)
  while first.scale > second.scale do lower(first) end
  while second.scale > first.scale do lower(second) end
  add(first.positive, second.positive)
  add(first.negative, second.negative)
  local function plus(one, other) return one + other end
  first.count = first.count + second.count
  first.zeros = first.zeros + second.zeros
  first.sum = known(plus, first.sum, second.sum)
  first.min = known(math.min, first.min, second.min)
  first.max = known(math.max, first.max, second.max)
  local function limit()
    if next(first.positive) and next(first.negative) then return math.floor(maxBuckets / 2) end
    return maxBuckets
  end
  while math.max(width(first.positive), width(first.negative)) > limit() do lower(first) end
  return text(first.count) .. ' ' .. text(first.sum) .. ' ' .. text(first.min) .. ' ' .. text(first.max) .. ' '
    .. text(first.zeros) .. ' ' .. text(first.scale) .. ' ' .. halfText(first.positive) .. ' ' .. halfText(first.negative)
end

local verbs = {}
function verbs.count(key, field, amount) return redis.pcall('HINCRBYFLOAT', key, field, amount) end
function verbs.last(key, field, value)
  local known = redis.pcall('HGET', key, field)
  if type(known) == 'table' then return known end
  local millis = tonumber(string.match(value, '^%S+'))
  if known and tonumber(string.match(known, '^%S+')) > millis then return 0 end
  return redis.pcall('HSET', key, field, value)
end
function verbs.merge(key, field, value)
  local known = redis.pcall('HGET', key, field)
  if type(known) == 'table' then return known end
  return redis.pcall('HSET', key, field, known and merge(known, value, tonumber(ARGV[3])) or value)
end
function verbs.seen(key, member, seconds) return redis.pcall('ZADD', key, seconds, member) end
function verbs.forget(key, _, seconds) return redis.pcall('ZREMRANGEBYSCORE', key, '-inf', seconds) end
function verbs.newest(key, _, count) return redis.pcall('ZREMRANGEBYRANK', key, 0, -1 - count) end
function verbs.least(key, _, value)
  local known = redis.pcall('GET', key)
  if type(known) == 'table' then return known end
  if known and (tonumber(known) or 0) <= tonumber(value) then return 0 end
  return redis.pcall('SET', key, value)
end
function verbs.expire(key, _, seconds) return redis.pcall('EXPIREAT', key, seconds) end

local function answer(repeated, failed, reason, numbers)
  local list = { repeated, failed, reason }
  for number in string.gmatch(numbers, '%d+') do list[#list + 1] = tonumber(number) end
  return list
end

local number, known, numbers, why = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+) ([%d,]*) (.*)$')
if number and tonumber(number) >= tonumber(ARGV[1]) then return answer(1, tonumber(known), why, numbers) end

local failed, reason, refused, all = 0, '', {}, false
local function refuse(owner, text)
  if owner == '-' then return end
  failed = failed + 1
  if reason == '' then reason = text end
  if owner == '*' then all = true else refused[owner] = true end
end

-- Nothing is written before it is known which keys can be.
local expected = { count = 'hash', last = 'hash', merge = 'hash', seen = 'zset', forget = 'zset', newest = 'zset', least = 'string' }
local types, wrong = {}, {}
for at = 4, #ARGV, 5 do
  local wanted, key = expected[ARGV[at]], ARGV[at + 2]
  if wanted then
    types[key] = types[key] or redis.call('TYPE', KEYS[tonumber(key)]).ok
    if types[key] ~= 'none' and types[key] ~= wanted then
      wrong[key] = true
      refuse(ARGV[at + 1], KEYS[tonumber(key)] .. ' is a ' .. types[key] .. ' of somebody else')
    end
  end
end

-- Fails where nothing may be written. After it, nothing stops the script halfway.
redis.call('SET', KEYS[1], ARGV[1] .. ' 0  ', 'EX', ARGV[2])
for at = 4, #ARGV, 5 do
  local owner, key = ARGV[at + 1], ARGV[at + 2]
  if not (all or refused[owner] or wrong[key]) then
    local done, result = pcall(verbs[ARGV[at]], KEYS[tonumber(key)], ARGV[at + 3], ARGV[at + 4])
    if not done then refuse(owner, tostring(result))
    elseif type(result) == 'table' and result.err then refuse(owner, result.err) end
  end
end
if failed == 0 then return answer(0, 0, '', '') end
local list = all and { '0' } or {}
if not all then for owner in pairs(refused) do list[#list + 1] = owner end end
redis.pcall('SET', KEYS[1], ARGV[1] .. ' ' .. failed .. ' ' .. table.concat(list, ',') .. ' ' .. reason, 'EX', ARGV[2])
return answer(0, failed, reason, table.concat(list, ','))
`;

/** Reads the same fields (ARGV) of several hashes (KEYS): one list after the other. */
export const READ_SCRIPT = `
local values = {}
for index, key in ipairs(KEYS) do values[index] = redis.call('HMGET', key, unpack(ARGV)) end
return values
`;

/** Takes the same fields (ARGV) out of several hashes (KEYS). Leaves the data of others alone. */
export const DELETE_SCRIPT = `
for _, key in ipairs(KEYS) do
  if redis.call('TYPE', key).ok == 'hash' then redis.call('HDEL', key, unpack(ARGV)) end
end
return #KEYS
`;
