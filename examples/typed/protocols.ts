// What both sides have agreed on: which type of stream carries which protocol, and what that is.

/** The opener sends a file's name and half-closes; back come the file's bytes. An unknown name is a reset. */
export const FILE = 1;

/** The opener sends numbers, one a line, and half-closes; back comes their sum. */
export const SUM = 2;

/** Nothing is sent; back comes one line after the other, until the opener resets the stream. */
export const NEWS = 3;
