// Limits on who may connect, from the configuration and the resources of the machine.
import type { Config } from "../config/config.ts";
import { connectionCapacity, descriptorReserve } from "../process/machine.ts";
import { AddressLimiter } from "../session/addresses.ts";
import type { AdmissionLimits } from "../session/admission.ts";
import { HandshakeLimit } from "../session/handshakes.ts";
import { RecentCount } from "../session/recent-count.ts";
import { CLOSING_MS, RefusalAllowance } from "../session/refusals.ts";

/** The limits of a node that may have `fileLimit` files open. */
export function admissionLimits(
  config: Config,
  fileLimit: number,
  nowMs: () => number,
): AdmissionLimits {
  const descriptors = connectionCapacity(fileLimit);
  return {
    capacity: Math.min(descriptors, config.maxConnections),
    descriptors,
    closing: new RecentCount(CLOSING_MS, nowMs),
    refusals: refusalAllowance(config, fileLimit, nowMs),
    handshakes: handshakeLimit(config, nowMs),
    addresses: addressLimiter(config, nowMs),
  };
}

/** Refused connections may use half of the reserve; the rest is for requests. */
function refusalAllowance(
  { maxRefusalsPerAddress }: Config,
  fileLimit: number,
  nowMs: () => number,
): RefusalAllowance {
  const maxHeld = Math.floor(descriptorReserve(fileLimit) / 2);
  return new RefusalAllowance({ perSecond: maxRefusalsPerAddress, maxHeld }, nowMs);
}

function handshakeLimit(
  { maxHandshakesPerSecond }: Config,
  nowMs: () => number,
): HandshakeLimit | null {
  return maxHandshakesPerSecond === Infinity
    ? null
    : new HandshakeLimit(maxHandshakesPerSecond, nowMs);
}

function addressLimiter(config: Config, nowMs: () => number): AddressLimiter | null {
  if (!config.rateLimiterEnabled && config.maxConnectionsPerAddress === Infinity) return null;
  return new AddressLimiter(
    {
      maxConnections: config.maxConnectionsPerAddress,
      maxHandshakes: config.rateLimiterEnabled ? config.handshakesPerWindow : Infinity,
      windowMs: config.handshakeWindowSeconds * 1000,
    },
    nowMs,
  );
}
