/** The key that the probe of writes names: never one that exists. In a cluster a hash tag follows. */
export const PROBE_KEY = 'weir:probe';
