/** What every script begins with: the store's clock, the keys, and the refusal of a call that arrives too late. */
const PRELUDE = `
local RUNS, SLOTS, OPEN, JOBS, BEATS, TERMS, SKIPS = unpack(KEYS)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local deadline = tonumber(ARGV[1])
if deadline > 0 and now > deadline then
  return redis.error_reply('LATE ' .. string.format('%.0f', now))
end
local input = cjson.decode(ARGV[2])
local function load(key, field)
  local raw = redis.call('HGET', key, field)
  return raw and cjson.decode(raw)
end
local function store(key, field, record) redis.call('HSET', key, field, cjson.encode(record)) end
local function save(field, run)
  store(RUNS, field, run)
  redis.call('ZADD', SLOTS, -run.slot, field)
  if run.state == 'running' or run.state == 'interrupted' then
    redis.call('ZADD', OPEN, run.slot, field)
  else
    redis.call('ZREM', OPEN, field)
  end
end
local function held(run, attempt)
  return run and run.holder == input.holder and run.state == 'running' and run.attempt == attempt
end
local function silent(run)
  local beat = tonumber(redis.call('HGET', BEATS, run.holder) or 0)
  return now - math.max(run.claimedAt, beat) >= input.expiryMs
end
local out = {}
`;

const script = (body: string): string => `${PRELUDE}${body}\nreturn out\n`;

export const CLAIM: string = script(`
for i, claim in ipairs(input.claims) do
  local run = load(RUNS, claim.field)
  if run then
    out[i] = held(run, 1) and 'claimed' or 'taken'
  elseif claim.run.slot > now + input.aheadMs then
    out[i] = 'clock-ahead'
  elseif claim.run.slot < now - input.retentionMs then
    out[i] = 'too-late'
  else
    claim.run.claimedAt = now
    save(claim.field, claim.run)
    out[i] = 'claimed'
  end
end`);

export const RELEASE: string = script(`
for _, slot in ipairs(input.slots) do
  if held(load(RUNS, slot.field), 1) then
    redis.call('HDEL', RUNS, slot.field)
    redis.call('ZREM', SLOTS, slot.field)
    redis.call('ZREM', OPEN, slot.field)
    local job = load(JOBS, slot.job)
    if job then
      job.settled = math.min(job.settled, slot.slot - 1)
      job.revision = job.revision + 1
      store(JOBS, slot.job, job)
    end
  end
end`);

export const FINISH: string = script(`
for i, entry in ipairs(input.ends) do
  local run = load(RUNS, entry.field)
  local mine = run and run.holder == input.holder and run.attempt == entry.attempt
  if mine and (run.state == 'running' or (run.state == 'interrupted' and entry.state == 'abandoned')) then
    run.state, run.error, run.endedAt = entry.state, entry.error, now
    save(entry.field, run)
    out[i] = 1
  else
    out[i] = 0
  end
end`);

export const UNCLAIMED: string = script(`
for i, field in ipairs(input.fields) do out[i] = 1 - redis.call('HEXISTS', RUNS, field) end`);

export const REGISTER: string = script(`
for i, asked in ipairs(input.jobs) do
  local job = load(JOBS, asked.job)
  if not job or job.fingerprint ~= asked.fingerprint then
    job = { job = asked.job, fingerprint = asked.fingerprint, settled = now, revision = (job and job.revision or 0) + 1 }
    store(JOBS, asked.job, job)
  end
  out[i] = cjson.encode(job)
end`);

export const SETTLE: string = script(`
for i, asked in ipairs(input.settlements) do
  local job = load(JOBS, asked.job)
  if job and job.revision == asked.revision then
    job.settled = math.max(job.settled, asked.upTo)
    job.revision = job.revision + 1
    store(JOBS, asked.job, job)
    out[i] = 1
  else
    out[i] = 0
  end
end`);

export const BEAT: string = script(`
local before = redis.call('HGET', BEATS, input.holder)
redis.call('HSET', BEATS, input.holder, string.format('%.0f', now))
out[1] = string.format('%.0f', now)
out[2] = before and now - tonumber(before) >= input.expiryMs and 1 or 0`);

export const INTERRUPTED: string = script(`
local jobs, rerun = {}, {}
for _, job in ipairs(input.jobs) do jobs[job] = true end
for _, job in ipairs(input.rerun) do rerun[job] = true end
for _, field in ipairs(redis.call('ZRANGE', OPEN, 0, -1)) do
  local run = load(RUNS, field)
  local lost = run.state == 'running' and jobs[run.job] and silent(run)
  if lost or (run.state == 'interrupted' and rerun[run.job]) then out[#out + 1] = cjson.encode(run) end
  if #out == 1000 then break end
end`);

export const TAKE_OVER: string = script(`
local run = load(RUNS, input.field)
local lost = input.lost
if held(run, lost.attempt + 1) then
  out[1] = lost.attempt + 1
elseif run and run.holder == lost.holder and run.attempt == lost.attempt and run.state == lost.state then
  if run.state ~= 'running' or silent(run) then
    input.run.claimedAt = now
    save(input.field, input.run)
    out[1] = input.run.attempt
  end
end`);

export const NOTE: string = script(`
for _, note in ipairs(input.terms) do
  local known = load(TERMS, note.field)
  if known and not note.term.to then note.term.to, note.term.reason = known.to, known.reason end
  store(TERMS, note.field, note.term)
end
for _, note in ipairs(input.skips) do
  local known = load(SKIPS, note.field)
  if known then note.skip.count = math.max(note.skip.count, known.count) end
  store(SKIPS, note.field, note.skip)
end`);

/** Looks at a page of the oldest runs; the caller asks again until none is left, so that no script blocks Redis for long. */
export const PRUNE_RUNS: string = script(`
local before = string.format('(%.0f', input.retentionMs - now)
local fields = redis.call('ZREVRANGEBYSCORE', SLOTS, '+inf', before, 'LIMIT', input.offset, input.page)
local kept = 0
for _, field in ipairs(fields) do
  local run = load(RUNS, field)
  local job = load(JOBS, run.job)
  if run.state == 'running' or (job and run.slot > job.settled) then
    kept = kept + 1
  else
    redis.call('HDEL', RUNS, field)
    redis.call('ZREM', SLOTS, field)
    redis.call('ZREM', OPEN, field)
  end
end
out = { #fields, kept }`);

export const PRUNE_NOTES: string = script(`
local before = now - input.retentionMs
local function sweep(key, isOld)
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    if isOld(all[i], all[i + 1]) then redis.call('HDEL', key, all[i]) end
  end
end
local busy = {}
for _, field in ipairs(redis.call('ZRANGE', OPEN, 0, -1)) do
  local run = load(RUNS, field)
  if run.state == 'running' then busy[run.holder] = true end
end
sweep(TERMS, function(_, raw) local ended = cjson.decode(raw).to return ended and ended < before end)
sweep(SKIPS, function(_, raw) return cjson.decode(raw).minute < before end)
sweep(BEATS, function(holder, beat) return tonumber(beat) < before and not busy[holder] end)`);

/** Returns how many runs it looked at, then those that match. */
export const SELECT_RUNS: string = script(`
local first = input.to and string.format('(%.0f', -input.to) or '-inf'
local last = input.from and string.format('%.0f', -input.from) or '+inf'
local fields = redis.call('ZRANGEBYSCORE', SLOTS, first, last, 'LIMIT', input.offset, input.page)
out[1] = #fields
for _, field in ipairs(fields) do
  local run = load(RUNS, field)
  if (not input.job or run.job == input.job) and (not input.state or run.state == input.state) then
    out[#out + 1] = cjson.encode(run)
  end
end`);

export const SELECT_JOBS: string = script(`out = redis.call('HVALS', JOBS)`);
export const SELECT_TERMS: string = script(`out = redis.call('HVALS', TERMS)`);
export const SELECT_SKIPS: string = script(`out = redis.call('HVALS', SKIPS)`);
