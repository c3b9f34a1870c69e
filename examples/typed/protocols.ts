// The agreement of both sides: the protocol for each type of stream.

/** The opener sends a file's name and half-closes. The acceptor sends the file's bytes; an unknown name is a reset. */
export const FILE = 1;

/** The opener sends numbers, one on each line, and half-closes. The acceptor sends their sum. */
export const SUM = 2;

/** The opener sends nothing. The acceptor sends one line after the other, until the opener resets the stream. */
export const NEWS = 3;
