/** What `weir doctor` found on a node. */

/** One thing that is not as it should be. Each text is a sentence or two for the person on call. */
export interface DoctorFinding {
  /** The check that found it. */
  readonly check: string;
  /** Absent: it is about the node. */
  readonly pool?: string;
  readonly is: string;
  readonly should: string;
  /** What happens, or will, because of it. */
  readonly why: string;
  /** What mends it, to be pasted into a root shell: commands, and lines of comment that begin with `#`. */
  readonly mend: readonly string[];
}

export interface DoctorReport {
  readonly node: string;
  /** How many checks were made. */
  readonly checks: number;
  readonly findings: readonly DoctorFinding[];
  /** What is neither right nor wrong, and good to know; a sentence each. */
  readonly remarks: readonly string[];
  /** What could not be looked at, and why; a sentence each. */
  readonly notLookedAt: readonly string[];
}
