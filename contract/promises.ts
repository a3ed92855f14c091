/**
 * Header of an answer that recorded something: base64 of a signed note by which the log promises to have it. Of one answer, not of
 * one event.
 */
export const promiseHeader = 'countersign-promise'

/** Events that the promise of one answer names: more would not fit the headers that proxies let through. */
export const promisedMaximum = 16
