import { z } from 'zod'
import { PasskeyId, StaffId } from './ids.ts'
import { Instant } from './text.ts'

const base64url = (what: string, longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[A-Za-z0-9_-]+$/, 'is not base64url')
    .describe(what)

const answer = {
  id: base64url('Credential id', 1_400),
  rawId: base64url('Credential id', 1_400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
  clientExtensionResults: z.record(z.string(), z.unknown()).transform(() => ({})),
}

/** What an authenticator answers to an enrolment (WebAuthn L3, RegistrationResponseJSON). */
export const RegistrationResponse = z
  .object({
    ...answer,
    response: z.object({
      clientDataJSON: base64url('Client data', 8_000),
      attestationObject: base64url('Attestation object', 60_000),
      transports: z
        .array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']))
        .max(10)
        .optional()
        .catch(undefined),
    }),
  })
  .meta({ id: 'RegistrationResponse' })
export type RegistrationResponse = z.infer<typeof RegistrationResponse>

/** A signature of an authenticator (WebAuthn L3, AuthenticationResponseJSON). */
export const AssertionResponse = z
  .object({
    ...answer,
    response: z.object({
      clientDataJSON: base64url('Client data', 8_000),
      authenticatorData: base64url('Authenticator data', 8_000),
      signature: base64url('Signature', 2_000),
      userHandle: base64url('User handle', 200).optional(),
    }),
  })
  .meta({ id: 'AssertionResponse' })
export type AssertionResponse = z.infer<typeof AssertionResponse>

/** Why a key may not sign yet. */
export const PasskeyState = z.enum(['usable', 'waits_for_confirmation', 'waits_24_hours'])
export type PasskeyState = z.infer<typeof PasskeyState>

export const Passkey = z
  .object({
    id: PasskeyId,
    staff_id: StaffId,
    staff_email: z.string(),
    name: z.string(),
    state: PasskeyState,
    usable_from: Instant.nullable().describe('Null while it waits for a confirmation'),
    enrolled_at: Instant,
    last_used_at: Instant.nullable(),
    is_synced: z.boolean().describe('Kept by a password manager or cloud account, on more than one device'),
  })
  .meta({ id: 'Passkey' })
export type Passkey = z.infer<typeof Passkey>

export const PasskeyList = z.object({ items: z.array(Passkey) }).meta({ id: 'PasskeyList' })
export type PasskeyList = z.infer<typeof PasskeyList>

/** What the person calls the key. */
export const PasskeyName = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .refine((text) => text.length >= 1 && text.length <= 60, 'needs 1 to 60 characters')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the purpose
  .refine((text) => !/[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(text), 'has a character that cannot be shown')

export const EnrolPasskey = z.object({ name: PasskeyName, response: RegistrationResponse }).meta({ id: 'EnrolPasskey' })
export type EnrolPasskey = z.infer<typeof EnrolPasskey>

/** Options for `navigator.credentials`, as WebAuthn L3 writes them in JSON. */
export const CeremonyOptions = z.object({ options: z.record(z.string(), z.unknown()) }).meta({ id: 'CeremonyOptions' })

export const StepUp = z.object({ response: AssertionResponse }).meta({ id: 'StepUp' })
export const SteppedUp = z.object({ fresh_until: Instant }).meta({ id: 'SteppedUp' })
export type SteppedUp = z.infer<typeof SteppedUp>
