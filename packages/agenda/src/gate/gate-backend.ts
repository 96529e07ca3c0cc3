import { invalidOption } from '@cluster-leader/core/adapter-kit';
import type { AgendaBackend } from 'agenda';
import { checkAgenda } from '../compatibility/check-agenda.ts';
import { requireBackend, resolveOptions, type GateOptions } from './gate-options.ts';
import { createGate, gateOf } from './gate.ts';

/**
 * Returns a backend that hands leader-only jobs to Agenda only while this replica leads.
 *
 * Followers schedule jobs and work on all others. An election wakes waiting jobs at once; a demotion gives back jobs that
 * are locked and have not begun. Processors get their term from `currentTerm()`. Use one gated backend for one Agenda.
 *
 * Throws ERR_INVALID_OPTION for an option or a backend that cannot work. `connect()` rejects with it if this version of
 * Agenda does not call the backend in the order that the gate relies on.
 *
 * @example
 * const agenda = new Agenda({ backend: gateBackend(new PostgresBackend({ pool }), { leader, leaderOnly: ['report'] }) });
 */
export function gateBackend(backend: AgendaBackend, options: GateOptions): AgendaBackend {
  requireBackend(backend);
  const rules = resolveOptions(options);
  if (gateOf(backend.repository) !== undefined) throw invalidOption('backend', backend, 'one without a gate');
  return createGate(backend, rules, options.notificationChannel ?? backend.notificationChannel, checkAgenda).backend;
}
