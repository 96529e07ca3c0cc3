import type { ScriptedAnswer } from '../sidecar/scripted-answer.ts';
import type { SidecarNews, SidecarSettings } from '../sidecar/sidecar.ts';

/** The exit code of a program that has lost the lead; the real one's. */
export const LOST_EXIT_CODE = 255;

/** What the caller's process sends to that of a sidecar. A missing script withdraws the last one. */
export type ToSidecar =
  | { readonly kind: 'start'; readonly settings: SidecarSettings }
  | { readonly kind: 'answer'; readonly id: number; readonly script?: ScriptedAnswer | undefined };

/** What the process of a sidecar sends to the caller's. */
export type FromSidecar =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'answering'; readonly id: number }
  | SidecarNews;
