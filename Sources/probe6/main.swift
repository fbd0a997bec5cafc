import Commands
import Glibc

exit(Main.run(CommandLine.arguments))
