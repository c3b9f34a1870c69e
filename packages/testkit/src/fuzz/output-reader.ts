// Reads the output of a session, enters it into the accounts, and checks the rules of its wire: no frame of a stream
// after its RST, no DATA after FIN or beyond credit, nothing sent twice, nothing after the last GOAWAY.

import { DataFlag, type Wire, type WireError, type WireHandler } from "@muxado/core";
import type { Accounts, StreamAccount } from "./accounts.ts";
import { isContentOf } from "./content.ts";
import type { Faults } from "./faults.ts";

/** The longest body that a Rust peer should be sent (spec appendix, R16). */
const LONGEST_BODY = 64 * 1024;

/** The facts about a session that a reader of its output needs. */
export interface OutputRules {
  readonly wire: Wire;
  /** The most credit that a peer may have on one stream. */
  readonly largestWindow: number;
}

/** After so many further resets, a session may have forgotten an id, and answer late bytes once more (threats, 5). */
const REMEMBERED_RESETS = 8 * 1024;

/** Enters output into the accounts, and checks it. */
export class OutputReader implements WireHandler {
  /** True if the last frame was a GOAWAY. */
  isAtGoAway = false;
  /** The stream of the body whose rest is to come, and the place of this rest. */
  #body: StreamAccount | undefined;
  #place = 0;
  /** Resets that have been sent. */
  #resets = 0;
  readonly #rules: OutputRules;
  readonly #accounts: Accounts;
  readonly #faults: Faults;
  readonly #log: ((line: string) => void) | undefined;

  constructor(
    rules: OutputRules,
    accounts: Accounts,
    faults: Faults,
    log: ((line: string) => void) | undefined,
  ) {
    this.#rules = rules;
    this.#accounts = accounts;
    this.#faults = faults;
    this.#log = log;
  }

  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): void {
    const isSyn = (flags & DataFlag.SYN) !== 0;
    const isFin = (flags & DataFlag.FIN) !== 0;
    this.#log?.(`  out ${streamId}: DATA ${length}${isSyn ? " SYN" : ""}${isFin ? " FIN" : ""}`);
    this.#body = undefined;
    // The bytes after a GOAWAY that is not the last frame (spec §8.1).
    if (this.isAtGoAway && streamId > this.#rules.wire.maxStreamId) return;
    this.isAtGoAway = false;
    const account = this.#accounts.of(streamId);
    if (isSyn) this.#open(account);
    else this.#mustBeOpen(account, "DATA");
    if (account.isUnclear) {
      account.finOut ||= isFin;
      return;
    }
    if (account.resetOut) this.#fault(`${nameOfData(isSyn, isFin)} after our RST`, account);
    if (account.finOut) this.#fault(`${nameOfData(isSyn, isFin)} after our FIN`, account);
    if (length === 0 && !isSyn && !isFin) this.#fault("DATA that says nothing", account);
    if (length > LONGEST_BODY) this.#fault("a body that is too long", account);
    if (account.isTidy && !isContentOf(streamId, account.sent, chunk, start, end)) {
      this.#fault("other bytes than were written", account);
    }
    account.sent += length;
    this.#body = account;
    this.#place = account.sent - length + end - start;
    if (account.sent > this.#rules.wire.initialWindow + account.granted) {
      this.#fault("DATA beyond the credit", account);
    }
    account.finOut ||= isFin;
  }

  onDataRest(chunk: Uint8Array, start: number, end: number): void {
    const account = this.#body;
    if (account === undefined || account.isUnclear) return;
    if (account.isTidy && !isContentOf(account.id, this.#place, chunk, start, end)) {
      this.#fault("other bytes than were written", account);
    }
    this.#place += end - start;
  }

  onAcknowledged(streamId: number): void {
    this.isAtGoAway = false;
    this.#log?.(`  out ${streamId}: ACK`);
    const account = this.#accounts.of(streamId);
    if (account.isUnclear) return;
    if (account.acknowledged) this.#fault("a second ACK", account);
    if (account.resetOut) this.#fault("ACK after our RST", account);
    if (this.#accounts.isLocal(streamId) || account.synIn === 0) {
      this.#fault("ACK on a stream that the peer has not opened", account);
    }
    account.acknowledged = true;
  }

  onReset(streamId: number, errorCode: number): void {
    this.isAtGoAway = false;
    this.#log?.(`  out ${streamId}: RST ${errorCode}`);
    const account = this.#accounts.of(streamId);
    if (errorCode === 0) this.#fault("RST without a code", account);
    const isRemembered = this.#resets - account.resetsBefore < REMEMBERED_RESETS;
    if (account.resetOut && isRemembered && !account.isUnclear)
      this.#fault("a second RST", account);
    if (!account.dataIn && !account.synOut) this.#fault("RST on a stream that never was", account);
    account.resetOut = true;
    account.resetsBefore = this.#resets++;
  }

  onIncrement(streamId: number, increment: number): void {
    this.isAtGoAway = false;
    this.#log?.(`  out ${streamId}: WNDINC ${increment}`);
    const account = this.#accounts.of(streamId);
    this.#mustBeOpen(account, "WNDINC");
    account.given += increment;
    if (account.isUnclear) return;
    if (account.resetOut) this.#fault("WNDINC after our RST", account);
    const { wire, largestWindow } = this.#rules;
    if (wire.initialWindow + account.given - account.received > largestWindow) {
      this.#fault("more credit than the window has", account);
    }
  }

  onGoAway(lastStreamId: number, errorCode: number): void {
    this.isAtGoAway = true;
    this.#log?.(`  out GOAWAY ${lastStreamId} ${errorCode}`);
    const accounts = this.#accounts;
    // A wire without last ids gives the highest possible id.
    if (lastStreamId > accounts.highestIn && lastStreamId <= this.#rules.wire.maxStreamId) {
      this.#faults.add("output: GOAWAY names an id that never came", `${lastStreamId}`);
    }
    accounts.goAwayOut = lastStreamId;
  }

  onPing(value: number, isAnswer: boolean): void {
    this.isAtGoAway = false;
    this.#log?.(`  out ${isAnswer ? "PONG" : "PING"} ${value}`);
    const accounts = this.#accounts;
    if (!isAnswer) accounts.pingsOut.push(value);
    else if (accounts.pingsIn.shift() !== value) {
      this.#faults.add("output: a ping is answered wrongly", `${value}`);
    }
  }

  onInvalid(error: WireError): void {
    this.#faults.add("output: invalid", String(error));
  }

  #open(account: StreamAccount): void {
    const accounts = this.#accounts;
    if (account.synOut) this.#fault("a second SYN", account);
    if (!accounts.isLocal(account.id)) this.#fault("SYN with an id of the peer's", account);
    if (account.resetOut) this.#fault("SYN with an id that we have reset", account);
    account.synOut = true;
    accounts.known.push(account);
    accounts.highestOut = Math.max(accounts.highestOut, account.id);
  }

  #mustBeOpen(account: StreamAccount, what: string): void {
    const isOpen = this.#accounts.isLocal(account.id) ? account.synOut : account.synIn > 0;
    if (!isOpen) this.#fault(`${what} on a stream that was not opened`, account);
  }

  #fault(what: string, account: StreamAccount): void {
    const { bodies: _, ...rest } = account;
    this.#faults.add(`output: ${what}`, JSON.stringify(rest));
  }
}

function nameOfData(isSyn: boolean, isFin: boolean): string {
  return isSyn ? "SYN" : isFin ? "FIN" : "DATA";
}
