import CLinux
import Glibc

/// A plain thread of the C library (pthread_create(3)): no pool, no runtime behind it.
@safe
package struct Thread: ~Copyable {
  private let handle: pthread_t

  /// Starts `body` on a thread of its own. EAGAIN when there can be no more.
  package init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    // The box is taken over by the thread's start, or released here when there is no thread.
    let box = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    var handle = pthread_t()
    let status = unsafe pthread_create(&handle, nil, runThreadBody, box)
    guard status == 0 else {
      unsafe Unmanaged<ThreadBody>.fromOpaque(box).release()
      throw SystemError("pthread_create", Errno(rawValue: status))
    }
    self.handle = handle
  }

  /// Waits for its end.
  package consuming func join() {
    let handle = handle
    discard self
    // Joinable: neither joined nor detached before, as both consume the value.
    _ = pthread_join(handle, nil)
  }

  // Nobody will wait: the thread ends by itself.
  deinit { _ = pthread_detach(handle) }
}

private final class ThreadBody: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Outside of any actor: a closure in its place could belong to one, and would trap on the new thread.
private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument = unsafe argument else { return nil }
  // The argument is the box that the thread's starter retained for it.
  unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body()
  return nil
}
