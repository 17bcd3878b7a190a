// How often an origin may ask. A bucket holds so many, and fills by so many a minute; what a call costs is taken out.
//
// Limits slow down, they do not forbid: whoever may rank can learn the person's reward by asking, only not at once.

/** What a bucket holds at most, and what flows back in a minute. Ranking and judging count answers, the rest calls. */
export const LIMITS = {
  record: { most: 60, perMinute: 60 },
  portrait: { most: 20, perMinute: 20 },
  rank: { most: 256, perMinute: 60 },
  // A person who said no is not asked for ever.
  ask: { most: 3, perMinute: 0.1 },
};

/**
 * Takes `cost` out of a bucket as it was left (`undefined`: it was never used).
 * @param {{ left: number, at: number } | undefined} bucket
 * @returns {{ bucket: { left: number, at: number }, waitSeconds: number }} zero seconds where it was taken
 */
export function take(bucket, cost, nowMs, { most, perMinute }) {
  // A clock that was set back must not fill the bucket, nor keep it empty for ever.
  const minutes = bucket ? Math.max(0, nowMs - bucket.at) / 60_000 : 0;
  const left = Math.min(most, bucket ? bucket.left + minutes * perMinute : most);
  if (left >= cost) return { bucket: { left: left - cost, at: nowMs }, waitSeconds: 0 };
  return { bucket: { left, at: nowMs }, waitSeconds: Math.max(1, Math.ceil(((cost - left) / perMinute) * 60)) };
}
