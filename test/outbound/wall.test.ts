import { describe, expect, it } from 'vitest'
import type { CallFailure } from '../../server/src/outbound/failure.ts'
import { classOfAddress, passWall } from '../../server/src/outbound/wall.ts'

const classes: Record<string, string[]> = {
  public: [
    '1.1.1.1',
    '8.8.8.8',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450::1',
    '2003::1',
  ],
  'this network': ['0.0.0.0', '0.255.255.255'],
  private: [
    '10.0.0.0',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '192.168.255.255',
    'fc00::1',
    'fd12:3456::1',
    'fec0::1',
  ],
  shared: ['100.64.0.0', '100.127.255.255'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  'link-local': ['169.254.169.254', '169.254.0.1', 'fe80::1', 'febf::1'],
  documentation: ['192.0.2.1', '198.51.100.7', '203.0.113.9', '2001:db8::1', '3fff::1'],
  '6to4': ['192.88.99.1', '2002::1', '2002:7f00:1::', '2002:a00:1::'],
  benchmarking: ['198.18.0.1', '198.19.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: ['240.0.0.1', '255.255.255.255', '4000::1', '100::1', '5f00::1'],
  protocol: ['192.0.0.1', '2001::1', '2001:20::1', '2001:1ff::1'],
  mapped: ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::', '::7f00:1'],
  nat64: ['64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::1'],
  'no address': ['fe80::1%eth0', '127.1', '0x7f.1', '2130706433', 'localhost', '', '1.2.3.4.5', '::ffff:127.0.0.1%1'],
}

const failureOf = async (host: string, allowed: string[] = []): Promise<string> =>
  passWall(host, { allowed }).then(
    (address) => `passed: ${address}`,
    (error: CallFailure) => `${error.kind}: ${error.detail}`,
  )

describe('SS-1, SS-2 the wall before outgoing calls', () => {
  it.each(Object.entries(classes).flatMap(([kind, addresses]) => addresses.map((address) => [address, kind] as const)))(
    '%j is %s',
    (address, kind) => {
      expect(classOfAddress(address)).toBe(kind)
    },
  )

  it('lets nothing pass that is not public', async () => {
    for (const [kind, addresses] of Object.entries(classes)) {
      for (const address of addresses) {
        if (kind === 'public') expect(await failureOf(address)).toBe(`passed: ${address}`)
        else if (kind !== 'no address') expect(await failureOf(address)).toBe(`forbidden: ${kind}`)
      }
    }
    expect(await failureOf('[::1]')).toBe('forbidden: loopback')
    expect(await failureOf('[::ffff:127.0.0.1]')).toBe('forbidden: mapped')
  })

  it('but for the very address that the configuration allows', async () => {
    expect(await failureOf('127.0.0.1', ['127.0.0.1'])).toBe('passed: 127.0.0.1')
    expect(await failureOf('127.0.0.2', ['127.0.0.1'])).toBe('forbidden: loopback')
    expect(await failureOf('::ffff:127.0.0.1', ['127.0.0.1'])).toBe('forbidden: mapped')
    expect(await failureOf('fd00:0:0::1', ['fd00::1'])).toBe('passed: fd00:0:0::1')
  })

  it('a name is what it leads to', async () => {
    expect(await failureOf('localhost')).toBe('forbidden: loopback')
    expect(await failureOf('localhost', ['127.0.0.1', '::1'])).toMatch(/^passed: (127\.0\.0\.1|::1)$/)
  })
})
