import LinuxNet
import Synchronization

/// What other threads have to say to a loop that waits for descriptors.
final class Mailbox<Message: Sendable>: Sendable {
  private let event: EventDescriptor
  private let messages = Mutex<[Message]>([])

  init() throws(SystemError) { event = try EventDescriptor() }

  /// Readable while something waits.
  var number: Int32 { event.descriptor.number }

  /// From any thread.
  func post(_ message: Message) {
    messages.withLock { $0.append(message) }
    event.signal()
  }

  /// All that came, in its order.
  func take() -> [Message] {
    // First: what is posted from here on wakes again.
    event.acknowledge()
    return messages.withLock { waiting in
      let taken = waiting
      waiting = []
      return taken
    }
  }
}
