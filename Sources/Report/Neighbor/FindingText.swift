import ProbeEngine
import Wire

/// What a finding says, as one sentence for people.
struct FindingText {
  let run: LinkRun

  /// `problem conflict: 2001:db8::b is claimed by 02:.. and by 02:..`
  func putLine(_ finding: Finding, into out: inout [UInt8]) {
    out.put(finding.severity.rawValue)
    out.put(" ")
    out.put(finding.kind.rawValue)
    out.put(": ")
    put(finding, into: &out)
    out.put("\n")
  }

  /// The sentence without an end.
  func put(_ finding: Finding, into out: inout [UInt8]) {
    switch finding.kind {
    case .conflict:
      putAddress(finding, into: &out)
      out.put(" is claimed by ")
      putLink(finding, into: &out)
      out.put(" and by ")
      putOther(finding, into: &out)
    case .wrongKernelEntry:
      out.put("the kernel's entry for ")
      putAddress(finding, into: &out)
      out.put(" names ")
      putOther(finding, into: &out)
      out.put(", but ")
      putLink(finding, into: &out)
      out.put(" answers")
    case .brokenRule: putBrokenRule(finding, into: &out)
    case .frameDiffers:
      out.put("the advertisement of ")
      putAddress(finding, into: &out)
      out.put(" names ")
      putOther(finding, into: &out)
      out.put(", its frame came from ")
      putLink(finding, into: &out)
      out.put(" (a proxy, or a lie)")
    case .duplicateAddress:
      out.put("the kernel refused ")
      putAddress(finding, into: &out)
      out.put(" as a duplicate (dadfailed)")
      putBy(finding, ": somebody else has it, at ", into: &out)
    case .ownAddressClaimed:
      putAddress(finding, into: &out)
      out.put(" is this host's own, and is advertised by ")
      putLink(finding, into: &out)
    case .loopedBack:
      out.put("our own solicitation for ")
      putAddress(finding, into: &out)
      out.put(" came back")
      putBy(finding, " from ", into: &out)
    case .noRouter: out.put("no router answered")
    case .inconsistentRouters: putInconsistency(finding, into: &out)
    case .mtuAboveLink:
      putAddress(finding, into: &out)
      out.put(" advertises an MTU of ")
      putValue(finding.found, finding, into: &out)
      out.put(", the link carries ")
      putValue(finding.expected, finding, into: &out)
    case .mtuDiffers:
      out.put("IPv6 uses an MTU of ")
      putValue(finding.found, finding, into: &out)
      if finding.address != nil {
        out.put(", while router ")
        putAddress(finding, into: &out)
        out.put(" advertises ")
      } else {
        out.put(", while no router advertises one and the link carries ")
      }
      putValue(finding.expected, finding, into: &out)
      putObstacle(finding, into: &out)
    case .notAccepted:
      out.put("the kernel did not take ")
      putSubject(finding, into: &out)
      out.put(" from router ")
      putAddress(finding, into: &out)
      putObstacle(finding, into: &out)
    case .routerRetires:
      putStation(finding, into: &out)
      out.put(" is no longer a default router: it advertises a lifetime of 0")
    case .rogueRouter:
      out.put("router ")
      putStation(finding, into: &out)
      out.put(" is not in the baseline")
    case .missingRouter:
      out.put("router ")
      putStation(finding, into: &out)
      out.put(" of the baseline does not advertise")
    case .newLinkLayerAddress:
      putAddress(finding, into: &out)
      out.put(" is at ")
      putLink(finding, into: &out)
      out.put(", in the baseline at ")
      putOther(finding, into: &out)
    case .changed: putChange(finding, into: &out)
    case .prefixAdded, .prefixRemoved:
      out.put("router ")
      putAddress(finding, into: &out)
      out.put(finding.kind == .prefixAdded ? " advertises " : " no longer advertises ")
      putSubject(finding, into: &out)
      if finding.kind == .prefixAdded { out.put(", which is not in the baseline") }
    case .advertisementFlood:
      putValue(finding.found, finding, into: &out)
      out.put(" advertisements within a second")
      if finding.address != nil || finding.link != nil {
        out.put(", from ")
        putStation(finding, into: &out)
      }
      if finding.expected != nil {
        out.put("; a flood begins at ")
        putValue(finding.expected, finding, into: &out)
      }
    case .redirect:
      putStation(finding, into: &out)
      out.put(" redirects traffic for ")
      putSubject(finding, into: &out)
      if let other = finding.otherAddress {
        out.put(" to ")
        out.put(other)
      }
      if let other = finding.otherLink {
        out.put(" at ")
        out.put(other)
      }
    case .duplicateDetection:
      if finding.link == nil { out.put("somebody") } else { putLink(finding, into: &out) }
      out.put(" performs duplicate address detection for ")
      putAddress(finding, into: &out)
    case .dropped:
      putValue(finding.found, finding, into: &out)
      out.put(" not looked at, for want of room")
    case .tableFull:
      out.put("the kernel's neighbor table ")
      if finding.expected == nil {
        out.put("was full ")
        putValue(finding.found, finding, into: &out)
        out.put(" times")
      } else {
        out.put("holds ")
        putValue(finding.found, finding, into: &out)
        out.put(" entries of at most ")
        putValue(finding.expected, finding, into: &out)
      }
    }
  }

  // MARK: - Sentences with parts

  private func putBrokenRule(_ finding: Finding, into out: inout [UInt8]) {
    out.put("a message")
    if finding.address != nil || finding.link != nil {
      out.put(" of ")
      putStation(finding, into: &out)
    }
    out.put(" breaks ")
    guard let broken = finding.rule else { return out.put("a rule") }
    NeighborRuleText.put(broken, nil, into: &out)
    if finding.otherAddress != nil, finding.otherAddress != finding.address {
      out.put(", sent by ")
      putOtherAddress(finding, into: &out)
    }
    if let found = finding.found {
      out.put(", found ")
      putValue(found, finding, into: &out)
    }
    switch broken.rule.consequence {
    case .messageDiscarded: out.put("; it is not believed")
    case .optionIgnored: out.put("; the option is ignored")
    }
  }

  private func putInconsistency(_ finding: Finding, into out: inout [UInt8]) {
    out.put("routers disagree about ")
    putSubject(finding, into: &out)
    out.put(": ")
    putAddress(finding, into: &out)
    out.put(" says ")
    putValue(finding.found, finding, into: &out)
    out.put(", ")
    putOtherAddress(finding, into: &out)
    out.put(" says ")
    putValue(finding.expected, finding, into: &out)
  }

  private func putChange(_ finding: Finding, into out: inout [UInt8]) {
    putSubject(finding, into: &out)
    if finding.address != nil {
      out.put(" of router ")
      putAddress(finding, into: &out)
    }
    out.put(" is ")
    putValue(finding.found, finding, into: &out)
    out.put(", in the baseline ")
    putValue(finding.expected, finding, into: &out)
  }

  // MARK: - Parts

  private func putObstacle(_ finding: Finding, into out: inout [UInt8]) {
    guard let obstacle = finding.obstacle else { return }
    out.put(": ")
    ObstacleText.put(obstacle, interface: run.view.interface.name, into: &out)
  }

  private func putAddress(_ finding: Finding, into out: inout [UInt8]) {
    if let address = finding.address { out.put(address) } else { out.put("an unknown address") }
  }

  private func putOtherAddress(_ finding: Finding, into out: inout [UInt8]) {
    if let other = finding.otherAddress { out.put(other) } else { out.put("another") }
  }

  private func putLink(_ finding: Finding, into out: inout [UInt8]) {
    if let link = finding.link {
      out.put(link)
    } else if case .link(let link) = finding.found {
      out.put(link)
    } else {
      out.put("an unknown station")
    }
  }

  private func putOther(_ finding: Finding, into out: inout [UInt8]) {
    if let link = finding.otherLink {
      out.put(link)
    } else if case .link(let link) = finding.expected {
      out.put(link)
    } else {
      out.put("an unknown station")
    }
  }

  /// `fe80::1 (02:00:00:00:00:01)`
  private func putStation(_ finding: Finding, into out: inout [UInt8]) {
    guard let address = finding.address else { return putLink(finding, into: &out) }
    out.put(address)
    guard let link = finding.link else { return }
    out.put(" (")
    out.put(link)
    out.put(")")
  }

  private func putBy(_ finding: Finding, _ words: String, into out: inout [UInt8]) {
    guard let link = finding.link ?? finding.otherLink else { return }
    out.put(words)
    out.put(link)
  }

  /// The prefix, the field, or the field of the prefix.
  private func putSubject(_ finding: Finding, into out: inout [UInt8]) {
    switch (finding.field, finding.prefix) {
    case (.prefix, let prefix?), (.route, let prefix?):
      out.put(finding.field == .route ? "the route " : "the prefix ")
      out.put(prefix, length: finding.prefixLength ?? 128)
    case (let field?, let prefix?):
      out.put(FieldText.name(field))
      out.put(" of ")
      out.put(prefix, length: finding.prefixLength ?? 128)
    case (let field?, nil): out.put(FieldText.name(field))
    case (nil, let prefix?): out.put(prefix, length: finding.prefixLength ?? 128)
    case (nil, nil):
      if let found = finding.found { putValue(found, finding, into: &out) } else { out.put("what is said") }
    }
  }

  private func putValue(_ value: Finding.Value?, _ finding: Finding, into out: inout [UInt8]) {
    if let value { FieldText.put(value, of: finding.field, into: &out) } else { out.put("none") }
  }
}
