import { AssertionResponse, type Passkey, RegistrationResponse, type SteppedUp } from '@countersign/contract/passkeys.ts'
import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import { queryOptions, useMutation } from '@tanstack/react-query'
import type { z } from 'zod'
import { get, post, postSilent } from './call.ts'
import { client } from './client.ts'
import { Failure } from './failure.ts'

/** The browser, or the person at it, did not go through with the ceremony. */
const notSigned = (error: unknown): Failure => {
  const name = error instanceof Error ? error.name : ''
  const isKnown = name === 'InvalidStateError'
  return new Failure({
    status: -1,
    code: isKnown ? 'passkey_known' : 'passkey_not_used',
    title: isKnown ? 'This authenticator already holds one of your keys.' : 'The passkey was not used.',
    hint: isKnown ? 'Use another authenticator.' : 'Nothing has happened. Try again, and answer your browser’s prompt in time.',
  })
}

const inBrowser = async <S extends z.ZodType>(ceremony: () => Promise<unknown>, schema: S): Promise<z.infer<S>> => {
  try {
    return schema.parse(await ceremony())
  } catch (error) {
    throw notSigned(error)
  }
}

/** Asks the person's authenticator for a signature over what the server's options name. */
export const sign = async (path: string, body: unknown, check?: (challenge: string) => Promise<void>): Promise<AssertionResponse> => {
  const { options } = await post(path, body, 'CeremonyOptions')
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON
  await check?.(optionsJSON.challenge)
  return inBrowser(() => startAuthentication({ optionsJSON }), AssertionResponse)
}

export const stepUp = async (): Promise<SteppedUp> =>
  post('/api/me/step-up', { response: await sign('/api/me/step-up/options', {}) }, 'SteppedUp')

const enrol = async (name: string): Promise<Passkey> => {
  const { options } = await post('/api/me/passkeys/options', {}, 'CeremonyOptions')
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON
  const response = await inBrowser(() => startRegistration({ optionsJSON }), RegistrationResponse)
  return post('/api/me/passkeys', { name, response }, 'Passkey')
}

export const myPasskeysQuery = queryOptions({
  queryKey: ['passkeys', 'mine'],
  queryFn: async ({ signal }) => (await get('/api/me/passkeys', 'PasskeyList', signal)).items,
})

export const waitingPasskeysQuery = queryOptions({
  queryKey: ['passkeys', 'waiting'],
  queryFn: async ({ signal }) => (await get('/api/passkeys/waiting', 'PasskeyList', signal)).items,
  refetchInterval: 10_000,
})

const refresh = () => client.invalidateQueries({ queryKey: ['passkeys'] })
const address = (id: string) => `/api/passkeys/${encodeURIComponent(id)}`

export const useEnrol = () => useMutation({ mutationFn: enrol, onSuccess: refresh })
export const useStepUp = () => useMutation({ mutationFn: stepUp })
/** The part of the page that asked is gone with the key: what is told of it is told here. */
const refreshAnd = (onDone: () => void) => () => {
  onDone()
  return refresh()
}
export const useRemovePasskey = (onDone: () => void) =>
  useMutation({ mutationFn: (id: string) => postSilent(`${address(id)}/removal`), onSuccess: refreshAnd(onDone) })
export const useConfirmPasskey = (onDone: () => void) =>
  useMutation({ mutationFn: (id: string) => post(`${address(id)}/confirmation`, {}, 'Passkey'), onSuccess: refreshAnd(onDone) })
