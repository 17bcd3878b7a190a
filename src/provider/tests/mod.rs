//! Tests of the remote models as a whole: recorded replies, and real servers on this machine.
