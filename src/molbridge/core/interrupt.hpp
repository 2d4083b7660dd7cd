#pragma once
// Ctrl-C and SIGTERM as a flag that long loops poll, so that finished work is kept and the exit code is 130.

namespace molbridge {

/// Installs the handlers (a second signal ends the process at once) and makes SIGPIPE and SIGXFSZ failed writes. Called
/// once, by main.
void install_interrupt_handlers();
bool interrupted();
/// Throws kCancelled when a signal has come. Cheap enough for every record.
void check_interrupt();

}  // namespace molbridge
