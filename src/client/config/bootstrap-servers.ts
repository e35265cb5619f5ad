// Where a cluster is first looked for: `a:9092,b:9092` or a list, each entry checked by itself.

import { isIPv6 } from 'node:net'
import type { Read, Refuse } from './option.ts'
import { show } from './option.ts'

/** An address as given: a host name or an IP address without brackets, and a port. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** Reads `bootstrapServers`. */
export const readBootstrapServers: Read<readonly ServerAddress[]> = (value, refuse) => {
  const entries = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(entries))
    return refuse(`must be 'host:port,host:port' or an array of such, not ${show(value)}`)
  const addresses = entries.map((entry: unknown) => readAddress(entry, refuse))
  return addresses.length > 0 ? addresses : refuse('must name at least one broker, as host:port')
}

function readAddress(entry: unknown, refuse: Refuse): ServerAddress {
  if (typeof entry !== 'string')
    return refuse(`has ${show(entry)} among its addresses: each is a string 'host:port'`)
  const text = entry.trim()
  if (text === '') return refuse("has an empty address: write 'host:port,host:port'")
  // What stands before an '@' may be a password (S4).
  if (text.includes('@')) return refuse("has an address with '@' in it: who you are is not part of it")
  if (text.includes('://'))
    return refuse(`has the address '${text}': leave the part up to '://' out, write host:port`)
  if (text.includes(',')) return refuse(`has the address '${text}': give each as an entry of its own`)
  if (isIPv6(text)) return refuse(`has the address '${text}': write an IPv6 address as [${text}]:9092`)
  const parts = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:[\]\s/?#]*))(?::(?<port>.*))?$/.exec(text)?.groups
  if (parts === undefined) return refuse(`has the address '${text}', which is not host:port`)
  const host = parts['ipv6'] ?? parts['name'] ?? ''
  if (host === '') return refuse(`has the address '${text}', which has no host: write host:port`)
  if (parts['ipv6'] !== undefined && !isIPv6(host)) {
    return refuse(`has the address '${text}', where '${host}' is not an IPv6 address`)
  }
  if (parts['port'] === undefined)
    return refuse(`has the address '${text}', which has no port: write ${text}:9092`)
  if (!/^\d{1,5}$/.test(parts['port'])) return refuse(`has the address '${text}', whose port is not a number`)
  const port = Number(parts['port'])
  if (port < 1 || port > 65_535)
    return refuse(`has the address '${text}', whose port is not between 1 and 65535`)
  return { host, port }
}
