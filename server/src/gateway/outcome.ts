import type { LoadedFile } from '@countersign/contract/events/support-session.ts'
import { halveEvent } from '../audit/record.ts'
import type { SessionFacts } from '../sessions/facts.ts'
import type { Loads } from './assets/loads.ts'
import { codeOfWhy, endingEvent, type Reached, type Why } from './ending.ts'
import { type Answered, type ClosedBy, draftCompleted, durationOf, sessionEvent } from './entries.ts'
import type { Exchange } from './exchange.ts'
import type { Outbox } from './outbox.ts'
import type { Writer } from './writer.ts'

/** How the outcome of an admitted request gets on the record: exactly one, or a completion that was cut later. */
export type Outcome = {
  /** The product has answered. Settled when what it says may be released. */
  answered(answer: Answered & { isStream?: boolean }): Promise<unknown>
  /** All of the answer has gone out. */
  finished(status: number, bytes: number): void
  /** It ended early, and the caller is told why once this is settled. */
  refused(reached: Reached, why: Why): Promise<unknown>
  /** It ended early, and nobody can be told. */
  broken(reached: Reached, why: Why): void
}

export type OutcomeNeeds = { writer: Writer; outbox: Outbox; loads: Loads }

/** An outcome of its own, which is durable before anything is released. */
const ofRequest = ({ writer, outbox }: OutcomeNeeds, exchange: Exchange, facts: SessionFacts): Outcome => {
  const ending = (reached: Reached, why: Why) => () => halveEvent(endingEvent(exchange, facts, reached, why))
  return {
    answered: (answer) => writer.note(draftCompleted(exchange, facts, answer)),
    finished: () => {},
    refused: async (reached, why) => {
      const make = ending(reached, why)
      try {
        await writer.note(make())
      } catch (error) {
        outbox.send(make)
        throw error
      }
    },
    broken: (reached, why) => outbox.send(ending(reached, why)),
  }
}

/** One outcome for the files of a page: what goes out is not held up by it. */
const ofFile = ({ loads }: OutcomeNeeds, exchange: Exchange, facts: SessionFacts): Outcome => {
  const settle = (file: Omit<LoadedFile, 'id'>): void =>
    loads.settle(facts, exchange.startedMs, { id: exchange.id, duration_ms: durationOf(exchange), ...file })
  const broken = (reached: Reached, why: Why): void => settle({ ...(typeof reached === 'object' ? reached : {}), code: codeOfWhy(why) })
  loads.begin(facts)
  return {
    answered: async () => {},
    finished: (status, bytes) => settle({ status, bytes }),
    refused: async (reached, why) => broken(reached, why),
    broken,
  }
}

/** A stream has its outcome when it ends: with how long it was, how much went out and who ended it. What is no stream is a request. */
const ofStream = (needs: OutcomeNeeds, exchange: Exchange, facts: SessionFacts): Outcome => {
  const { outbox } = needs
  const plain = ofRequest(needs, exchange, facts)
  let isStream = false
  const ended = (closed_by: ClosedBy, status: number, bytes: number) => () =>
    halveEvent(sessionEvent('SUPPORT_SESSION.REQUEST.COMPLETED', exchange, facts, { result: 'ok', status, bytes, stream: { closed_by } }))
  return {
    answered: async (answer) => {
      isStream = answer.isStream ?? false
      if (!isStream) await plain.answered(answer)
    },
    finished: (status, bytes) => {
      if (isStream) outbox.send(ended('product', status, bytes))
    },
    refused: plain.refused,
    broken: (reached, why) => {
      // A page that is left ends its streams: that is how they end.
      if (isStream && why === 'client_abort' && typeof reached === 'object') outbox.send(ended('caller', reached.status, reached.bytes))
      else plain.broken(reached, why)
    },
  }
}

const makers = { request: ofRequest, asset: ofFile, sse: ofStream, websocket: ofRequest }

/** Begins the outcome of a request that was admitted. */
export const newOutcome = (needs: OutcomeNeeds, exchange: Exchange, facts: SessionFacts): Outcome =>
  makers[exchange.route?.kind ?? 'request'](needs, exchange, facts)
