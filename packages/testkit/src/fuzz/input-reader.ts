// Reads the bytes that a session is about to receive, and enters them into the accounts. It has its own decoder,
// because mutations may have changed the frames that the peer meant to send.

import { DataFlag, type WireError, type WireHandler } from "@muxado/core";
import type { Accounts, StreamAccount } from "./accounts.ts";

/** Enters input into the accounts. */
export class InputReader implements WireHandler {
  readonly #accounts: Accounts;
  #receiving: StreamAccount | undefined;
  #endsWithFin = false;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): void {
    const accounts = this.#accounts;
    accounts.framesIn++;
    const account = accounts.of(streamId);
    const isLocal = accounts.isLocal(streamId);
    if ((flags & DataFlag.SYN) !== 0) {
      account.dataIn = true;
      if (++account.synIn === 1) {
        if (account.received > 0 || account.resetOut) account.isUnclear = true;
        if (!isLocal) accounts.known.push(account);
      } else {
        account.isUnclear = true;
      }
      if (!isLocal && streamId > accounts.highestIn) accounts.highestIn = streamId;
    }
    if (length > 0) account.dataIn = true;
    // The SYN of a local stream may be encoded and not have left. An empty FIN without a stream has no meaning.
    const isThere = isLocal ? account.synOut : account.synIn > 0;
    if (!isThere && (length > 0 || (isLocal && flags !== 0))) account.isUnclear = true;
    account.received += length;
    this.#receiving = account;
    this.#endsWithFin = (isThere || isLocal) && (flags & DataFlag.FIN) !== 0;
    if (end > start && !account.finIn) account.bodies.push(chunk.subarray(start, end));
    if (end - start === length) this.#complete();
  }

  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void {
    const account = this.#receiving;
    if (account !== undefined && !account.finIn) account.bodies.push(chunk.subarray(start, end));
    if (remaining === 0) this.#complete();
  }

  onAcknowledged(): void {
    this.#accounts.framesIn++;
  }

  onReset(streamId: number, errorCode: number): void {
    this.#accounts.framesIn++;
    this.#accounts.of(streamId).resetIn ??= errorCode;
  }

  onIncrement(streamId: number, increment: number): void {
    this.#accounts.framesIn++;
    const account = this.#accounts.of(streamId);
    // The SYN of a local stream may be encoded and not have left.
    if (this.#accounts.isLocal(streamId) || account.synIn > 0) account.granted += increment;
  }

  onGoAway(lastStreamId: number): void {
    const accounts = this.#accounts;
    accounts.framesIn++;
    accounts.goAwayIn = Math.min(accounts.goAwayIn ?? Infinity, lastStreamId);
  }

  onPing(value: number, isAnswer: boolean): void {
    this.#accounts.framesIn++;
    if (!isAnswer) this.#accounts.pingsIn.push(value);
  }

  onInvalid(_error: WireError): void {
    this.#accounts.isInvalid = true;
  }

  #complete(): void {
    if (this.#endsWithFin && this.#receiving !== undefined) this.#receiving.finIn = true;
    this.#receiving = undefined;
  }
}
