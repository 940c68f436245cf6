/**
 * Reads what keepalived writes into its notify FIFOs. A line is a hint to poll now, and never the state: it is lost when
 * the pipe is full, a late reader sees it late, and a keepalived that is killed or hangs does not write it
 * (docs/hazards.md#t8, #t9).
 */

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { messageOf } from '../../model/error.ts';

export interface Hint {
  readonly about: 'instance' | 'group' | 'virtual server' | 'real server';
  /** A name, or an address as keepalived prints it: `[10.0.0.1]:tcp:6379`, `FWM 1`. */
  readonly name: string;
  /** MASTER, BACKUP, FAULT, STOP, ... of an instance or a group; UP or DOWN of a server. */
  readonly state: string;
  /** The priority of an instance; 0 for a group. */
  readonly priority?: number;
  /** The virtual server that a real server belongs to. */
  readonly of?: string;
}

const VRRP_LINE = /^(INSTANCE|GROUP) "(.*)" (\S+) (\d+)$/;
const VIRTUAL_SERVER_LINE = /^VS (.+) (UP|DOWN)$/;
const REAL_SERVER_LINE = /^RS (\S+) (.+) (UP|DOWN)$/;

/**
 * Parses one line, without its end; undefined where keepalived writes no such line. Source: 2.2.7 vrrp_notify.c,
 * check/ipwrapper.c.
 */
export function parseHint(line: string): Hint | undefined {
  const [, kind, instance = '', vrrpState = '', priority] = VRRP_LINE.exec(line) ?? [];
  if (kind !== undefined) {
    const about = kind === 'GROUP' ? 'group' : 'instance';
    return { about, name: instance, state: vrrpState, priority: Number(priority) };
  }
  const [, service, serviceState = ''] = VIRTUAL_SERVER_LINE.exec(line) ?? [];
  if (service !== undefined) return { about: 'virtual server', name: service, state: serviceState };
  const [, server, of = '', state = ''] = REAL_SERVER_LINE.exec(line) ?? [];
  return server === undefined ? undefined : { about: 'real server', name: server, state, of };
}

export interface Fifos {
  /**
   * Opens the FIFOs that are there now, also where one is another than before. Call it before each poll: lines that were
   * written before a FIFO was found are thrown away, and that poll sees what came of them. Returns sentences for people
   * about FIFOs that cannot be read. Never throws and never waits.
   */
  look(): string | undefined;
  close(): void;
}

/** @param paths in the folder keepalived.run_dir: a file system in memory, so a look costs microseconds and is not put off. */
export function createFifos(paths: readonly string[], onHints: (hints: readonly Hint[]) => void): Fifos {
  const fifos = paths.map((path) => createFifo(path, onHints));
  return {
    look() {
      const faults = fifos.map((fifo) => fifo.look()).filter((fault) => fault !== undefined);
      if (faults.length === 0) return undefined;
      return `keepalived's changes are seen by poll only: ${faults.join(', ')}. Make it with mkfifo -m 600 and name it in keepalived.conf (vrrp_notify_fifo, lvs_notify_fifo).`;
    },
    close() {
      for (const fifo of fifos) fifo.close();
    },
  };
}

/** As many bytes as a pipe holds (pipe.7), so that one read empties it. */
const PIPE_BYTES = 65_536;

/** keepalived writes each line at once and whole. More characters than this without an end do not come from it. */
const LINE_AT_MOST = 4_096;

interface Attached {
  readonly dev: number;
  readonly ino: number;
  readonly socket: Socket;
}

/** What keeps one FIFO from being read, in words. */
function createFifo(path: string, onHints: (hints: readonly Hint[]) => void): Fifos {
  let attached: Attached | undefined;

  function detach(): void {
    attached?.socket.destroy();
    attached = undefined;
  }

  /**
   * Reads through a socket and not fs.read: the event loop waits for it then, and no thread of the pool does. O_RDWR has
   * three reasons (fifo.7): a keepalived that goes is no end of file, one that comes finds a reader, and opening never waits.
   */
  function attach(): Attached {
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const { dev, ino } = fstatSync(fd);
      discard(fd);
      const socket = new Socket({ fd, readable: true, writable: false }).unref().setEncoding('utf8');
      let rest = '';
      socket.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = (lines.pop() ?? '').slice(-LINE_AT_MOST);
        const hints = lines.map(parseHint).filter((hint) => hint !== undefined);
        if (hints.length > 0) onHints(hints);
      });
      // The next look opens it again, or says why it cannot.
      socket.on('error', detach);
      return { dev, ino, socket };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  return {
    look() {
      try {
        const stats = statSync(path);
        if (attached !== undefined && (attached.ino !== stats.ino || attached.dev !== stats.dev)) detach();
        // The inode number still means this file: an open file keeps it.
        if (attached !== undefined) return undefined;
        if (!stats.isFIFO()) return `${path} is no FIFO`;
        attached = attach();
        return undefined;
      } catch (error) {
        detach();
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') return `${path} does not exist`;
        return code === 'EACCES' ? `no permission to read ${path} (run the node as root)` : messageOf(error);
      }
    },
    close: detach,
  };
}

/** Throws away what was written while nobody read. */
function discard(fd: number): void {
  try {
    readSync(fd, Buffer.alloc(PIPE_BYTES));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}
