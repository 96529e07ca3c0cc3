import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';
import type { SidecarReport, SidecarSettings } from '../sidecar/sidecar.ts';

/** The exit code of a program that has lost the lead, as in the real one. */
export const LOST_EXIT_CODE = 255;

/** Messages from the caller's process to that of a sidecar. A missing script withdraws the last one. */
export type ToSidecar =
  | { readonly kind: 'start'; readonly settings: SidecarSettings }
  | { readonly kind: 'answer'; readonly id: number; readonly script?: ScriptedAnswer | undefined };

/** Messages from the process of a sidecar to the caller's. */
export type FromSidecar =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'answering'; readonly id: number }
  | SidecarReport;
