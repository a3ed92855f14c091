import { PasskeyId } from '@countersign/contract/ids.ts'
import { CeremonyOptions, EnrolPasskey, Passkey, PasskeyList, SteppedUp, StepUp } from '@countersign/contract/passkeys.ts'
import { z } from 'zod'
import { confirmPasskey } from '../../identity/passkeys/confirm.ts'
import { beginEnrolment, enrolPasskey } from '../../identity/passkeys/enrol.ts'
import { listMyPasskeys, listWaitingPasskeys } from '../../identity/passkeys/list.ts'
import type { PasskeySettings } from '../../identity/passkeys/needs.ts'
import { removePasskey } from '../../identity/passkeys/remove.ts'
import { beginStepUp, stepUp } from '../../identity/passkeys/step-up.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'

const tags = ['passkeys']
const params = z.object({ passkey_id: PasskeyId })

/** Everybody's own keys, and those that wait for somebody to vouch for them. */
export const passkeyRoutes = (app: Door, settings: PasskeySettings): void => {
  app.get(
    '/api/me/passkeys',
    { config: { access: listMyPasskeys.may }, schema: { tags, summary: 'My passkeys', response: { 200: PasskeyList, ...problems } } },
    async (request) => ({ items: await listMyPasskeys(ctxOf(request)) }),
  )
  app.post(
    '/api/me/passkeys/options',
    {
      config: { access: beginEnrolment.may },
      schema: {
        tags,
        summary: 'Begin to add a passkey, within five minutes of a sign-in',
        response: { 200: CeremonyOptions, ...problems },
      },
    },
    async (request) => ({ options: { ...(await beginEnrolment({ ...ctxOf(request), ...settings })) } }),
  )
  app.post(
    '/api/me/passkeys',
    {
      config: { access: enrolPasskey.may },
      schema: { tags, summary: 'Add a passkey', body: EnrolPasskey, response: { 201: Passkey, ...problems } },
    },
    async (request, reply) => reply.code(201).send(await enrolPasskey({ ...ctxOf(request), ...settings }, request.body)),
  )
  app.post(
    '/api/passkeys/:passkey_id/removal',
    {
      config: { access: removePasskey.may },
      schema: { tags, summary: 'Remove a passkey of mine, or as super_admin anybody’s', params, response: { 204: z.null(), ...problems } },
    },
    async (request, reply) => {
      await removePasskey(ctxOf(request), request.params.passkey_id)
      return reply.code(204).send(null)
    },
  )
  app.get(
    '/api/passkeys/waiting',
    {
      config: { access: listWaitingPasskeys.may },
      schema: { tags, summary: 'Passkeys that may not sign yet, of everybody', response: { 200: PasskeyList, ...problems } },
    },
    async (request) => ({ items: await listWaitingPasskeys(ctxOf(request)) }),
  )
  app.post(
    '/api/passkeys/:passkey_id/confirmation',
    {
      config: { access: confirmPasskey.may },
      schema: { tags, summary: 'Vouch for somebody else’s first passkey', params, response: { 200: Passkey, ...problems } },
    },
    async (request) => confirmPasskey(ctxOf(request), request.params.passkey_id),
  )
  app.post(
    '/api/me/step-up/options',
    {
      config: { access: beginStepUp.may },
      schema: { tags, summary: 'Begin to vouch for who sits here', response: { 200: CeremonyOptions, ...problems } },
    },
    async (request) => ({ options: { ...(await beginStepUp({ ...ctxOf(request), ...settings })) } }),
  )
  app.post(
    '/api/me/step-up',
    {
      config: { access: stepUp.may },
      schema: { tags, summary: 'Vouch with a passkey; good for five minutes', body: StepUp, response: { 200: SteppedUp, ...problems } },
    },
    async (request) => stepUp({ ...ctxOf(request), ...settings }, request.body),
  )
}
