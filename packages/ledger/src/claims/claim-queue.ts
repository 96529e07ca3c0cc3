import { inModuleContext } from '@cluster-leader/core/adapter-kit';
import type { ClaimLimits, ClaimOutcome, Holder, SlotClaim } from '../store/records.ts';
import type { StoreLink } from '../store/store-link.ts';
import type { DoubtfulSlots } from './doubtful-slots.ts';

/** What came of a claim. */
export type ClaimAnswer =
  | { readonly outcome: ClaimOutcome }
  /** The store has not answered in time. Once `resolved` settles, it has nothing of the claim. */
  | { readonly outcome: 'unavailable'; readonly resolved: Promise<void> };

interface PendingClaim {
  readonly claim: SlotClaim;
  readonly answer: (answer: ClaimAnswer) => void;
}

/** Sends the claims of one turn of the event loop in one call (ledger rule 19). */
export class ClaimQueue {
  readonly #link: StoreLink;
  readonly #holder: Holder;
  readonly #limits: ClaimLimits;
  readonly #doubtful: DoubtfulSlots;
  #pending: PendingClaim[] = [];

  constructor(link: StoreLink, holder: Holder, limits: ClaimLimits, doubtful: DoubtfulSlots) {
    this.#link = link;
    this.#holder = holder;
    this.#limits = limits;
    this.#doubtful = doubtful;
  }

  /** Claims a slot, which must be held and not be claimed already. Never rejects. */
  claim(claim: SlotClaim): Promise<ClaimAnswer> {
    return new Promise((answer) => {
      this.#pending.push({ claim, answer });
      if (this.#pending.length === 1) inModuleContext(() => setImmediate(() => void this.#send()));
    });
  }

  async #send(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    const claims = pending.map(({ claim }) => claim);
    try {
      const outcomes = await this.#link.call((store) => store.claim(this.#holder, claims, this.#limits));
      for (const [index, { answer }] of pending.entries()) answer({ outcome: outcomes[index] ?? 'taken' });
    } catch {
      const resolved = this.#doubtful.resolve(claims);
      for (const { answer } of pending) answer({ outcome: 'unavailable', resolved });
    }
  }
}
