import Testing

@testable import ProbeEngine
