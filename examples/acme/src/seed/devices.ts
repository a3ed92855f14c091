import type { Random } from './random.ts'

export const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'
export const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1'

const userAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  firefox,
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  iphone,
  'Mozilla/5.0 (iPad; CPU OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
]

const places = [
  'Berlin, DE',
  'Lyon, FR',
  'Kraków, PL',
  'Malmö, SE',
  'Porto, PT',
  'Αθήνα, GR',
  'Київ, UA',
  'İzmir, TR',
  'חיפה, IL',
  'دبي, AE',
  'Austin, US',
  'Toronto, CA',
  'São Paulo, BR',
  'Nairobi, KE',
  'Addis Ababa, ET',
  'Pune, IN',
  'กรุงเทพฯ, TH',
  '上海, CN',
  '大阪, JP',
  '서울, KR',
]

/** Addresses from the ranges that are reserved for documentation: nobody's. */
export function makeDevice(random: Random): { userAgent: string; ip: string; place: string } {
  const net = random.pick(['192.0.2', '198.51.100', '203.0.113'])
  const ip = random.chance(0.2)
    ? `2001:db8:${random.whole(1, 0xffff).toString(16)}::${random.whole(1, 0xffff).toString(16)}`
    : `${net}.${random.whole(1, 254)}`
  return { userAgent: random.pick(userAgents), ip, place: random.pick(places) }
}

export const passkeyNames = [
  'iCloud Keychain',
  'Google Password Manager',
  'Windows Hello',
  '1Password',
  'YubiKey 5C',
  'Work laptop',
  'Bitwarden',
  null,
] as const
