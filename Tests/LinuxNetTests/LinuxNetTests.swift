import Testing

@testable import LinuxNet
