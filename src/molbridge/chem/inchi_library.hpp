#pragma once
// Private to chem: exclusive use of one copy of the InChI library at a time.
//
// The library keeps global state and answers "busy" to a second caller (InChI 1.03 as Debian ships it; measured). One lock
// around it would hold an import of millions of molecules to one core for a third of its work, so further copies of the
// shared object are loaded when threads have to wait: each has its own globals. Where that is not possible (another system,
// a policy against it), the threads take turns.

#include <memory>
#include <optional>

struct tagINCHI_Input;
struct tagINCHI_Output;

namespace molbridge::chem {

struct InchiFunctions {
  int (*get_inchi)(tagINCHI_Input*, tagINCHI_Output*) = nullptr;
  void (*free_inchi)(tagINCHI_Output*) = nullptr;
  int (*get_key)(const char*, int, int, char*, char*, char*) = nullptr;
};

/// Lends copies of the library. Thread-safe.
class InchiPool {
 public:
  /// At most `most_copies`, the linked one included.
  explicit InchiPool(int most_copies);
  ~InchiPool();
  InchiPool(const InchiPool&) = delete;
  InchiPool& operator=(const InchiPool&) = delete;

  /// Waits while all copies are lent and no further one can be loaded.
  InchiFunctions take();
  /// nullopt instead of waiting.
  std::optional<InchiFunctions> try_take();
  void give(const InchiFunctions& functions);

  /// One for the process, with as many copies as it may use cores, at most 16.
  static InchiPool& shared();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Holds a copy of the shared pool from construction to destruction.
class InchiLease {
 public:
  InchiLease() : functions_(InchiPool::shared().take()) {}
  ~InchiLease() { InchiPool::shared().give(functions_); }
  InchiLease(const InchiLease&) = delete;
  InchiLease& operator=(const InchiLease&) = delete;

  const InchiFunctions* operator->() const { return &functions_; }

 private:
  InchiFunctions functions_;
};

}  // namespace molbridge::chem
