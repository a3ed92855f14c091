import { Refusal } from '../../errors.ts'
import type { Exchange, Gate } from '../exchange.ts'
import { answerPage } from './enter.ts'
import type { Browsers } from './headers.ts'
import { openPage, type Page, runnerPage } from './pages.ts'

/** A page of ours that can do nothing without the cookie of the view, which it never sees. */
const answerOwn =
  (pageOf: (console: string) => Page) =>
  (exchange: Exchange, { secure }: Gate, browsers: Browsers): void => {
    if (exchange.method !== 'GET') throw new Refusal('method_refused')
    if (exchange.headers.get('sec-fetch-dest') === 'document') throw new Refusal('outside_frame')
    answerPage(exchange, browsers, { page: pageOf(browsers.console), secure })
  }

/** `/.countersign/open` and `/.countersign/runner`. */
export const answerOpen = answerOwn(() => openPage)
export const answerRunner = answerOwn(runnerPage)
