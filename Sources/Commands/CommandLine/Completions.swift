/// Completion scripts for shells, made from the option tables.
enum Completions {
  static func bash(commands: [CommandDescription], others: [String]) -> String {
    let words = (commands.map(\.name) + others).joined(separator: " ")
    var text = """
      # bash completion for probe6; load with: source <(probe6 completions bash)
      _probe6() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
        COMPREPLY=()
        if ((COMP_CWORD == 1)); then
          COMPREPLY=($(compgen -W "\(words) --help --version" -- "$current"))
          return
        fi
        case ${COMP_WORDS[1]} in
        help) COMPREPLY=($(compgen -W "\(words)" -- "$current")) ;;
        completions) COMPREPLY=($(compgen -W "\(shells)" -- "$current")) ;;

      """
    for command in commands {
      text += "  \(command.name))\n    case $previous in\n"
      var plain: [String] = []
      for option in visible(command) where option.argument != nil && !option.isArgumentOptional {
        let names = names(option).joined(separator: "|")
        if isInterface(option) {
          text += "    \(names)) \(bashInterfaces); return ;;\n"
        } else if isFile(option) {
          text += "    \(names)) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
        } else if option.choices.isEmpty {
          plain.append(names)
        } else {
          let choices = option.choices.joined(separator: " ")
          text += "    \(names)) COMPREPLY=($(compgen -W \"\(choices)\" -- \"$current\")); return ;;\n"
        }
      }
      if !plain.isEmpty { text += "    \(plain.joined(separator: "|"))) return ;;\n" }
      text += "    esac\n    if [[ $current == -* ]]; then\n"
      let all = visible(command).flatMap(names).joined(separator: " ")
      text += "      COMPREPLY=($(compgen -W \"\(all)\" -- \"$current\"))\n    else\n"
      text += bashOperands(command) + "    fi ;;\n"
    }
    return text + "  esac\n}\ncomplete -F _probe6 probe6\n"
  }

  private static let bashInterfaces =
    "COMPREPLY=($(compgen -W \"$(command ls /sys/class/net 2>/dev/null)\" -- \"$current\"))"

  private static func bashOperands(_ command: CommandDescription) -> String {
    if command.takesInterfaces { return "      \(bashInterfaces)\n" }
    if command.takesFiles { return "      COMPREPLY=($(compgen -f -- \"$current\"))\n" }
    let words = command.operandWords
    if words.isEmpty { return "      COMPREPLY=($(compgen -A hostname -- \"$current\"))\n" }
    return """
            local word
            for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
              case $word in \(words.joined(separator: "|"))) \(bashInterfaces); return ;; esac
            done
            COMPREPLY=($(compgen -W "\(words.joined(separator: " "))" -A hostname -- "$current"))

      """
  }

  static func zsh(commands: [CommandDescription], others: [String]) -> String {
    var text = """
      #compdef probe6
      # zsh completion for probe6; save as _probe6 in a folder of $fpath
      _probe6() {
        local -a commands
        commands=(

      """
    for command in commands { text += "    \(single("\(command.name):\(zshPlain(command.summary))"))\n" }
    for word in others { text += "    \(single(word))\n" }
    text += """
        )
        if ((CURRENT == 2)); then
          _describe command commands
          return
        fi
        case $words[2] in
        help) _describe command commands ;;
        completions) _values shell \(shells) ;;

      """
    for command in commands {
      text += "  \(command.name))\n    shift words\n    ((CURRENT--))\n    _arguments -s -S \\\n"
      for option in visible(command) {
        let colon = option.isArgumentOptional ? "::" : ":"
        let argument = option.argument.map { "\(colon)\($0):\(zshAction(option))" } ?? ""
        let help = "[\(zshPlain(option.help))]"
        let names = names(option)
        // Repeatable: the last one wins, or they add up. `-c+` and `--count=`: the argument may be attached.
        for name in names {
          let attached =
            option.argument == nil
            ? "" : option.isArgumentOptional ? "=-" : name.hasPrefix("--") ? "=" : "+"
          text += "      \(single("*" + name + attached + help + argument)) \\\n"
        }
      }
      text += "      \(single(zshOperands(command))) ;;\n"
    }
    return text + "  esac\n}\n_probe6 \"$@\"\n"
  }

  private static func zshOperands(_ command: CommandDescription) -> String {
    if command.takesInterfaces { return "*:interface:_net_interfaces" }
    if command.takesFiles { return "*:file:_files" }
    let words = command.operandWords.joined(separator: " ")
    if words.isEmpty { return "*:target:_hosts" }
    return "*:target:_alternative \"acts:act:(\(words))\" \"hosts:target:_hosts\" "
      + "\"interfaces:interface:_net_interfaces\""
  }

  static func fish(commands: [CommandDescription], others: [String]) -> String {
    var text = "# fish completion for probe6; load with: probe6 completions fish | source\n"
    text += "complete -c probe6 -f\n"
    for command in commands {
      text += "complete -c probe6 -n __fish_use_subcommand -a \(command.name) -d \(single(command.summary))\n"
    }
    for word in others { text += "complete -c probe6 -n __fish_use_subcommand -a \(word)\n" }
    text += "complete -c probe6 -n '__fish_seen_subcommand_from completions' -a \(single(shells))\n"
    let words = (commands.map(\.name) + others).joined(separator: " ")
    text += "complete -c probe6 -n '__fish_seen_subcommand_from help' -a \(single(words))\n"
    for command in commands {
      let condition = single("__fish_seen_subcommand_from \(command.name)")
      for option in visible(command) {
        text += "complete -c probe6 -n \(condition)"
        if let short = option.short { text += " -s \(short)" }
        if let long = option.long { text += " -l \(long)" }
        if option.argument != nil, !option.isArgumentOptional {
          text += isFile(option) ? " -r -F" : " -x"
          if isInterface(option) {
            text += " -a \(fishInterfaces)"
          } else if !option.choices.isEmpty {
            text += " -a \(single(option.choices.joined(separator: " ")))"
          }
        }
        text += " -d \(single(option.help))\n"
      }
      if command.takesInterfaces {
        text += "complete -c probe6 -n \(condition) -a \(fishInterfaces)\n"
        continue
      }
      if command.takesFiles {
        text += "complete -c probe6 -n \(condition) -F\n"
        continue
      }
      text += "complete -c probe6 -n \(condition) -a '(__fish_print_hostnames)'\n"
      if command.operandWords.isEmpty { continue }
      let words = command.operandWords.joined(separator: " ")
      text += "complete -c probe6 -n \(condition) -a \(single(words))\n"
      let behind = single(
        "__fish_seen_subcommand_from \(command.name); and __fish_seen_subcommand_from \(words)")
      text += "complete -c probe6 -n \(behind) -a \(fishInterfaces)\n"
    }
    return text
  }

  private static var shells: String { Dispatch.Shell.allCases.map(\.rawValue).joined(separator: " ") }

  private static func visible(_ command: CommandDescription) -> [OptionDescription] {
    command.options.filter { !$0.isHidden }
  }

  private static func names(_ option: OptionDescription) -> [String] {
    (option.short.map { ["-" + String($0)] } ?? []) + (option.long.map { ["--" + $0] } ?? [])
  }

  private static func isInterface(_ option: OptionDescription) -> Bool { option.long == "interface" }

  private static func isFile(_ option: OptionDescription) -> Bool { option.argument == "FILE" }

  private static let fishInterfaces = "'(command ls /sys/class/net 2>/dev/null)'"

  private static func zshAction(_ option: OptionDescription) -> String {
    if isInterface(option) { return "_net_interfaces" }
    if isFile(option) { return "_files" }
    return option.choices.isEmpty ? " " : "(" + option.choices.map(zshPlain).joined(separator: " ") + ")"
  }

  /// Brackets and colons end a description in `_arguments`.
  private static func zshPlain(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "[]:\\".contains(character) { result.append("\\") }
      result.append(character)
    }
  }

  /// In single quotes, as all three shells read them.
  private static func single(_ text: String) -> String {
    var result = "'"
    for character in text { result += character == "'" ? "'\\''" : String(character) }
    return result + "'"
  }
}
