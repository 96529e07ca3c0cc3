import type { AgendaBackend } from 'agenda';
import { checkAgenda } from './check-agenda.ts';
import { createGate, gateOf } from './gate.ts';
import { requireBackend, resolveOptions, type GateOptions } from './gate-options.ts';
import { refusal } from './refusal.ts';

/**
 * Makes a backend from which leader-only jobs are taken by the leader alone. Followers schedule, and work on the others.
 *
 * An election wakes waiting jobs at once; a demotion gives back what is locked and has not begun. Processors find their
 * term by `currentTerm()`. Throws ERR_INVALID_OPTION; `connect()` rejects with it where this Agenda does not do what the
 * gate relies on. Use one gated backend for one Agenda.
 *
 * @example
 * const agenda = new Agenda({ backend: gateBackend(new PostgresBackend({ pool }), { leader, leaderOnly: ['report'] }) });
 */
export function gateBackend(backend: AgendaBackend, options: GateOptions): AgendaBackend {
  requireBackend(backend);
  const rules = resolveOptions(options);
  if (gateOf(backend.repository) !== undefined) throw refusal('backend', backend, 'one without a gate');
  return createGate(backend, rules, options.notificationChannel ?? backend.notificationChannel, checkAgenda).backend;
}
