import Commands

Main.run()
