import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn } from '../support/browser.ts'
import { type SignInDoor, startSignInDoor } from '../support/sign-in-door.ts'

let door: SignInDoor
beforeAll(async () => {
  door = await startSignInDoor()
})
afterAll(() => door.close())

describe('the local provider', () => {
  it('C1 signs in a support admin with one click', async () => {
    const rob = await signIn(door.url, 'rob')
    const me = await rob.get('/api/me')
    expect(me.status).toBe(200)
    expect(await me.json()).toMatchObject({
      staff: { email: 'rob@vendor.example', name: 'Robert Lindqvist', roles: ['support_admin'] },
      local_sign_in: true,
    })
  })
})
