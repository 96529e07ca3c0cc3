import { describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import { claimOf, type Observation } from './observation.ts';

describe('claimOf', () => {
  it.each<[what: string, answer: Answer, claim: Observation['claim']]>([
    ['this pod', { leader: 'pod-a' }, 'self'],
    ['this pod by its second name', { leader: 'pod-a.jobs' }, 'self'],
    ['another pod', { leader: 'pod-b' }, 'other'],
    ['a pod whose name begins like this one', { leader: 'pod-ab' }, 'other'],
    ['the beginning of this name', { leader: 'pod' }, 'other'],
    ['this name in capitals', { leader: 'POD-A' }, 'other'],
    ['this name in white space', { leader: ' pod-a ' }, 'other'],
    ['nobody, by an empty name', { leader: '' }, 'none'],
    ['nobody, by no name', {}, 'none'],
    ['this pod, with a flag that agrees', { leader: 'pod-a', isLeader: true }, 'self'],
    ['this pod, with a flag that says no', { leader: 'pod-a', isLeader: false }, 'other'],
    ['another pod, with a flag that says yes', { leader: 'pod-b', isLeader: true }, 'other'],
    ['nobody, with a flag that says yes', { leader: '', isLeader: true }, 'none'],
    ['nobody, with a flag that says no', { leader: '', isLeader: false }, 'none'],
    ['only a flag that says yes', { isLeader: true }, 'self'],
    ['only a flag that says no', { isLeader: false }, 'other'],
  ])('reads an answer that names %s', (_what, answer, claim) => {
    expect(claimOf(answer, ['pod-a', 'pod-a.jobs'])).toBe(claim);
  });
});
