// Outbound credit: what may be sent, what is not worth a frame, and that credit never wraps. Spec §6.2, §6.4.

import { describe, expect, it } from "vitest";
import { SendWindow } from "./send-window.ts";

const MAX = 2 ** 31 - 1;

describe("the part of a chunk that may be sent", () => {
  it("is a whole chunk that fits, to the last byte of credit", () => {
    const window = new SendWindow(5000);
    expect(window.admits(5000)).toBe(5000);
    window.spend(5000);
    expect(window.available).toBe(0);
    expect(window.admits(1)).toBe(0);
  });

  it("is as much of a longer chunk as there is credit", () => {
    expect(new SendWindow(5000).admits(5001)).toBe(5000);
  });

  it("is a piece of a chunk from 1 KiB of credit on, and nothing below", () => {
    expect(new SendWindow(1024).admits(4096)).toBe(1024);
    expect(new SendWindow(1023).admits(4096)).toBe(0);
  });

  it("is the whole of a chunk shorter than 1 KiB, and never a piece of it", () => {
    expect(new SendWindow(10).admits(10)).toBe(10);
    expect(new SendWindow(9).admits(10)).toBe(0);
  });
});

describe("a grant", () => {
  it("granted credit is added to the credit that is left", () => {
    const window = new SendWindow(100);
    window.spend(60);
    expect(window.grant(1000, MAX)).toBe(true);
    expect(window.available).toBe(1040);
  });

  it("may fill the window to its maximum", () => {
    const window = new SendWindow(262_144);
    expect(window.grant(MAX - 262_144, MAX)).toBe(true);
    expect(window.available).toBe(MAX);
  });

  it("of one byte more is refused and changes nothing", () => {
    const window = new SendWindow(262_144);
    expect(window.grant(MAX - 262_143, MAX)).toBe(false);
    expect(window.available).toBe(262_144);
  });

  it("granted credit never makes the window negative, even if the maximum is granted several times", () => {
    const window = new SendWindow(0);
    expect(window.grant(MAX, MAX)).toBe(true);
    for (let round = 0; round < 3; round++) expect(window.grant(MAX, MAX)).toBe(false);
    expect(window.available).toBe(MAX);
  });
});
